// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchStats;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.QueueId;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Mode {@code auto} of one mapping at work: shows each reading to the {@link ModeAdvisor}, carries
 * out the trials that it wants, and tells what it decided. Mapping thread only.
 */
final class AutoMode {
  private final QueueId queue;
  private final MappingThread thread;
  private final WayControl control;
  private final ModeAdvisor advisor;
  private final WayMeter meter;
  private final Consumer<WayVerdict> decided;
  private @Nullable QueueReading last;

  /**
   * Prepares.
   *
   * @param decided told of each verdict that is news, and of each that the traffic of the moment
   *     asks for
   */
  AutoMode(
      QueueId queue,
      MappingThread thread,
      MappingTimeouts timeouts,
      WayControl control,
      AutoLimits limits,
      Consumer<WayVerdict> decided) {
    this.queue = queue;
    this.thread = thread;
    this.control = control;
    this.decided = decided;
    advisor = new ModeAdvisor(limits);
    meter = new WayMeter(thread, timeouts.lendMs(), control::use, control::read);
  }

  /** The mapping has begun to write through. */
  void start() {
    last = null;
    advisor.start(thread.timeMs());
  }

  /** Whether a trial changes the way to and fro at the moment. */
  boolean isMeasuring() {
    return meter.isRunning();
  }

  /** Ends a trial, in whichever way it is: the caller sets the way. */
  void cancel() {
    meter.cancel();
    last = null;
  }

  /** Takes a reading that was made in one way from the last one on. */
  void look(RxQueueControl control, SwitchStats stats, Way inForce) {
    if (meter.isRunning()) {
      return;
    }
    QueueReading before = last;
    last = QueueReading.of(stats, queue, control.pollLoop()).orElse(null);
    if (before == null || last == null) {
      return;
    }
    switch (advisor.look(WayWindow.between(before, last), inForce, thread.timeMs())) {
      case STAY -> {}
      case MEASURE ->
          meter.start(advisor.trial(inForce), inForce, trial -> conclude(trial, inForce));
      case CHANGE -> {
        last = null;
        WayVerdict verdict = advisor.verdict();
        if (verdict != null) {
          decided.accept(verdict);
        }
      }
    }
  }

  private void conclude(WayTrial trial, Way before) {
    last = null;
    WayVerdict news = advisor.conclude(trial, thread.timeMs());
    if (news != null) {
      decided.accept(news);
    } else {
      // The last window may have been the other way's.
      control.set(before);
    }
  }

  /** The verdict that lets a mapping of this mode write through; null where there is none. */
  @Nullable WayVerdict verdictFor(MappingMode mode) {
    WayVerdict verdict = mode == MappingMode.AUTO ? advisor.verdict() : null;
    return verdict != null && verdict.way() == Way.WRITE_THROUGH ? verdict : null;
  }

  /** What was measured, for people. */
  List<String> report() {
    return advisor.report();
  }
}
