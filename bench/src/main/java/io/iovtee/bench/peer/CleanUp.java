// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What must be undone before this JVM ends, in reverse order of making. Closing an entry undoes it
 * at once; a shutdown hook undoes what is left. Any thread.
 */
public final class CleanUp implements AutoCloseable {
  private static final Set<CleanUp> OPEN = new LinkedHashSet<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(CleanUp::closeAll, "peer-clean-up"));
  }

  private final String what;
  private final Runnable action;

  private CleanUp(String what, Runnable action) {
    this.what = what;
    this.action = action;
  }

  /**
   * Registers an action that undoes something.
   *
   * @param what for the message if it fails, for example {@code "namespace iovtee-1-0"}
   */
  public static CleanUp register(String what, Runnable action) {
    CleanUp entry = new CleanUp(what, action);
    synchronized (OPEN) {
      OPEN.add(entry);
    }
    return entry;
  }

  /** Undoes it, once. A failure is thrown to the caller. */
  @Override
  public void close() {
    synchronized (OPEN) {
      if (!OPEN.remove(this)) {
        return;
      }
    }
    action.run();
  }

  private static void closeAll() {
    List<CleanUp> left;
    synchronized (OPEN) {
      left = new ArrayList<>(OPEN);
    }
    for (CleanUp entry : left.reversed()) {
      try {
        entry.close();
      } catch (RuntimeException e) {
        System.err.println("could not remove " + entry.what + ": " + e.getMessage());
      }
    }
  }
}
