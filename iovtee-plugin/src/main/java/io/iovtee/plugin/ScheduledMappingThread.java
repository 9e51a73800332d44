// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link MappingThread} on a platform thread. */
final class ScheduledMappingThread implements MappingThread, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScheduledMappingThread.class);

  private final ScheduledThreadPoolExecutor executor;

  ScheduledMappingThread(String name) {
    executor =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().name(name).daemon(true).unstarted(task));
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public void execute(Runnable task) {
    submit(task, 0);
  }

  @Override
  public void schedule(Runnable task, long delayMs) {
    submit(task, delayMs);
  }

  private void submit(Runnable task, long delayMs) {
    try {
      executor.schedule(() -> run(task), delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("mapping thread has stopped, task dropped", e);
    }
  }

  /**
   * An executor swallows what a task throws; a mapping that stands still must not be silent. A task
   * that {@link #close} interrupts is no failure.
   */
  private void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      if (executor.isShutdown()) {
        LOG.debug("mapping thread stops, its step was broken off", e);
        return;
      }
      LOG.error("mapping step failed; the mapping is tried again at the next statistics tick", e);
    }
  }

  @Override
  public long timeMs() {
    return System.currentTimeMillis();
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
