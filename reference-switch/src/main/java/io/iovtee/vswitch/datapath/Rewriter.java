// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.FlowKey;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * Carries out the rules that change or copy frames or look into other tables, action by action, so
 * that each output sees what stands before it in the rule and nothing of what stands behind.
 *
 * <p>Here is the way that a frame takes through rules, tables, groups and meters; what is done to
 * it is in {@link FrameChanges}, where it is sent in {@link FrameOutputs}. One loop owns it.
 */
final class Rewriter {
  /** Visits of the same or an earlier table within each other; OVS's MAX_DEPTH. */
  static final int DEPTH_MAX = 64;

  private final Pipeline pipeline;
  private final LongSupplier clockNs;
  private final FrameAtHand frame = new FrameAtHand();
  private final FrameChanges changes = new FrameChanges(frame);
  private final FrameOutputs outputs;
  private final VisitLog visits = new VisitLog();
  private final GroupWalk groups = new GroupWalk(this);

  /** A meter has stopped the frame: nothing more is done with it, or with this bucket's part. */
  private boolean stopped;

  private int table;
  private int depth;

  /** The clock, read once for a batch when the first meter asks; meaningless while not read. */
  private long nowNs;

  private boolean clockRead;

  /**
   * @param clockNs what meters go by: as {@link System#nanoTime}
   */
  Rewriter(Pipeline pipeline, LongSupplier clockNs) {
    this.pipeline = pipeline;
    this.clockNs = clockNs;
    outputs = new FrameOutputs(pipeline, frame);
  }

  /** Where the last frame went behind the first lookup; for a trace. */
  List<FrameTrace.Visit> visits() {
    return visits.visits();
  }

  /** A new batch begins. */
  void start() {
    frame.moved.clear();
    visits.clear();
    clockRead = false;
  }

  /** The batch has been sent, or given up: its frames lie where their owners know them. */
  void putBack(FrameBatch batch) {
    frame.moved.putBack(batch);
  }

  /**
   * Carries out the rule for frame i.
   *
   * @param keys the keys of the batch; the frame's own is at {@code at}
   */
  void apply(
      FrameBatch batch, int i, int rule, int inPort, long[] keys, int at, InputCounters counters) {
    frame.open(batch, i, inPort, pipeline.program().vlanLimit, keys, at);
    outputs.start();
    groups.start();
    visits.clear();
    stopped = false;
    table = 0;
    depth = 0;
    batch.dropped(i, DropReason.RULE.ordinal()); // unless an output is reached
    carryOut(batch, i, rule, true, counters);
    outputs.sendLast(batch, i, counters);
  }

  /**
   * @param outermost nothing comes behind the rule, so what it changes after its last output
   *     changes nothing
   */
  private void carryOut(
      FrameBatch batch, int i, int rule, boolean outermost, InputCounters counters) {
    FlowProgram program = pipeline.program();
    RewriteRule what = program.rewrite(rule);
    if (what == null) {
      sendOnly(batch, i, program, rule, counters);
      return;
    }
    run(batch, i, what, outermost, counters);
  }

  /** A rule that changes nothing. */
  private void sendOnly(
      FrameBatch batch, int i, FlowProgram program, int rule, InputCounters counters) {
    int single = program.single(rule);
    if (single > 0) {
      outputs.output(batch, i, single, counters);
      return;
    }
    for (int target : program.targets(rule)) {
      outputs.output(batch, i, target, counters);
    }
  }

  /**
   * Carries out the actions of a rule or a bucket.
   *
   * @param outermost nothing is done with the frame behind them
   */
  void run(FrameBatch batch, int i, RewriteRule what, boolean outermost, InputCounters counters) {
    int last = outermost ? what.lastSent : what.operation.length - 1;
    for (int a = 0; a <= last && !frame.isEnded() && !stopped; a++) {
      int operation = what.operation[a];
      boolean nothingFollows = outermost && a == last;
      if (operation == RewriteRule.OUTPUT) {
        outputs.output(batch, i, (int) what.value[a], counters);
      } else if (operation == RewriteRule.RESUBMIT) {
        visit(batch, i, (int) what.value[a], (int) what.mask[a], nothingFollows, counters);
      } else if (operation == RewriteRule.GROUP) {
        groups.walk(batch, i, (int) what.value[a], nothingFollows, counters);
      } else if (operation == RewriteRule.METER) {
        meter(batch, i, (int) what.value[a], counters);
      } else if (FrameChanges.isOfState(operation)) {
        changes.setState(what, a);
      } else if (operation == RewriteRule.MIRROR) {
        outputs.mirror(batch, i, (int) what.value[a]);
      } else if (operation == RewriteRule.PUNT) {
        outputs.punt(batch, i, Objects.requireNonNull(what.rule), (int) what.value[a]);
      } else if (!change(batch, i, what, a, counters)) {
        return;
      }
    }
  }

  /** One change; false if what follows in the rule is not done. */
  private boolean change(FrameBatch batch, int i, RewriteRule what, int a, InputCounters counters) {
    if (what.operation[a] == RewriteRule.MOVE) {
      frame.readKey(batch, i);
    }
    outputs.sendWaiting(batch, i, counters);
    if (!changes.make(batch, i, what, a)) {
      return false;
    }
    pipeline.tap().changed(i);
    return !frame.isEnded();
  }

  // ---- tables --------------------------------------------------------------------------------

  /**
   * Does what the best rule of a table says.
   *
   * @param port as if the frame came from there; 0 for where it came from
   */
  private void visit(
      FrameBatch batch, int i, int there, int port, boolean last, InputCounters counters) {
    int deeper = there <= table ? 1 : 0;
    if (depth + deeper > DEPTH_MAX) {
      frame.giveUp(batch, i, DropReason.TABLE_LIMIT);
      return;
    }
    long[] key = frame.readKey(batch, i);
    FlowKey.moveTo(there, port == 0 ? frame.inPort() : port, key, 0);
    int rule = pipeline.find(key);
    if (!note(batch, i, VisitKind.TABLE, there, rule)) {
      return;
    }
    if (rule == Classifier.MISS) {
      batch.dropped(i, DropReason.NO_RULE.ordinal());
      return;
    }
    pipeline.program().count(rule, 1, frame.length(), pipeline.nowNs());
    int here = table;
    table = there;
    depth += deeper;
    carryOut(batch, i, rule, last, counters);
    depth -= deeper;
    table = here;
  }

  /** Notes a step of the frame's way; gives the frame up if there are too many. */
  private boolean note(FrameBatch batch, int i, VisitKind kind, int place, int result) {
    boolean noted = visits.note(kind, place, result);
    if (!noted) {
      frame.giveUp(batch, i, DropReason.TABLE_LIMIT);
    }
    return noted;
  }

  // ---- groups and meters ---------------------------------------------------------------------

  private void meter(FrameBatch batch, int i, int number, InputCounters counters) {
    if (!clockRead) {
      nowNs = clockNs.getAsLong();
      clockRead = true;
    }
    GroupProgram meters = pipeline.program().groups();
    int band = meters.measure(number, batch.length[i], nowNs);
    int precLevel = band == RateMeter.WITHIN ? 0 : meters.band(number, band).precLevel();
    boolean passes = band == RateMeter.WITHIN || precLevel > 0;
    if (!note(batch, i, VisitKind.METER, number, passes ? VisitLog.PASSED : VisitLog.STOPPED)) {
      return;
    }
    if (!passes) {
      batch.dropped(i, DropReason.METER.ordinal());
      stopped = true;
    } else if (precLevel > 0) {
      raiseDropPrecedence(batch, i, precLevel, counters);
    }
  }

  private void raiseDropPrecedence(FrameBatch batch, int i, int by, InputCounters counters) {
    int tos = (int) FlowKey.get(MatchField.NW_TOS, frame.readKey(batch, i), 0);
    int raised = DropPrecedence.raised(tos, by);
    if (raised != tos) {
      outputs.sendWaiting(batch, i, counters);
      changes.setTos(batch, i, raised);
      pipeline.tap().changed(i);
    }
  }

  /** What groups work on. */
  FrameAtHand frame() {
    return frame;
  }

  GroupRow group(int number) {
    return pipeline.program().groups().group(number);
  }

  /** Whether a port that a bucket watches can send. */
  boolean isLive(int port) {
    return pipeline.program().groups().isLive(port) && pipeline.isUp(port);
  }

  /** Notes which bucket was chosen; false if the frame has gone too many ways. */
  boolean noteBucket(FrameBatch batch, int i, int group, int bucket) {
    return note(batch, i, VisitKind.GROUP, group, bucket);
  }

  void countBucket(GroupRow group, int bucket, int bytes) {
    pipeline.program().groups().countBucket(group.slot, bucket, bytes);
  }

  /** The frame is again what it was; an output that waits gets what the bucket made of it. */
  void restore(FrameBatch batch, int i, SavedFrame saved, InputCounters counters) {
    outputs.sendWaiting(batch, i, counters);
    frame.restore(batch, i, saved);
    pipeline.tap().changed(i);
  }

  /** What a meter stopped in a bucket was that bucket's part only. */
  void endBucket() {
    stopped = false;
  }
}
