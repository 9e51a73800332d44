// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.RuleSources;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices when the files of the rules' directory change, and has them read. It looks at names,
 * times and lengths twice a second instead of asking the kernel for events: that also works on
 * network file systems and through symbolic links that are swapped, and an operator does not see
 * the difference. A change counts when it is the same at two looks, so that files that are being
 * written have a while to get ready. One that is read too early all the same is a syntax error, or
 * is read again when it has grown.
 */
public final class RuleWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RuleWatch.class);

  /** Between two looks, ms. */
  static final long PERIOD_MS = 500;

  private final Reload reload;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().name("iovtee-rules").daemon().unstarted(task));

  /** What the files looked like at the last look. */
  private String seen = "";

  /** One that looks when it is told to. */
  RuleWatch(Reload reload) {
    this.reload = reload;
  }

  /** Begins. Which directory it is, and whether it is watched, a reload may change. */
  @SuppressWarnings("FutureReturnValueIgnored") // ends with the executor
  public static RuleWatch start(Reload reload) {
    RuleWatch watch = new RuleWatch(reload);
    watch.executor.scheduleWithFixedDelay(watch::look, PERIOD_MS, PERIOD_MS, TimeUnit.MILLISECONDS);
    return watch;
  }

  /** Looks once. */
  void look() {
    RuleSources rules = reload.current().rules();
    if (!rules.watched()) {
      return;
    }
    String now = rules.stamp();
    boolean settled = now.equals(seen);
    seen = now;
    if (settled && rules.isStale(now)) {
      reread();
    }
  }

  private void reread() {
    try {
      reload.rereadRules().forEach(line -> LOG.info("flows-directory: {}", line));
    } catch (RuntimeException e) {
      LOG.error("flows-directory: the rules stay as they are: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
