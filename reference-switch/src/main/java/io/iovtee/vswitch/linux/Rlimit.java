// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.iovtee.vswitch.linux.FileAbi.Rlimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Resource limits of this process.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/getrlimit.2.html">getrlimit(2)</a>
 */
public enum Rlimit {
  /** Bytes of memory that may be locked. */
  MEMLOCK(Numbers.RLIMIT_MEMLOCK),
  /** One more than the largest file descriptor. */
  NOFILE(Numbers.RLIMIT_NOFILE);

  /** No limit. */
  public static final long UNLIMITED = -1;

  private final int resource;

  Rlimit(int resource) {
    this.resource = resource;
  }

  /** The limit in force; {@link #UNLIMITED} where there is none. */
  public long soft() {
    return get(Rlimits.RLIM_CUR);
  }

  /** How far the process may raise it; {@link #UNLIMITED} where there is no bound. */
  public long hard() {
    return get(Rlimits.RLIM_MAX);
  }

  private long get(long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(Rlimits.SIZEOF, 8);
      Native.check("getrlimit", ProcessCalls.getrlimit(resource, limit), toString());
      return limit.get(JAVA_LONG, offset);
    }
  }

  /** Raises the limit in force to the most that is allowed. */
  public void raiseToHard() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(Rlimits.SIZEOF, 8);
      Native.check("getrlimit", ProcessCalls.getrlimit(resource, limit), toString());
      limit.set(JAVA_LONG, Rlimits.RLIM_CUR, limit.get(JAVA_LONG, Rlimits.RLIM_MAX));
      Native.check("setrlimit", ProcessCalls.setrlimit(resource, limit), toString());
    }
  }

  /** Numbers of resource.h. */
  @CConstants(header = "sys/resource.h")
  static final class Numbers {
    static final int RLIMIT_NOFILE = 7;
    static final int RLIMIT_MEMLOCK = 8;

    private Numbers() {}
  }
}
