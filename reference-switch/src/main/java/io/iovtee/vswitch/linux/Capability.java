// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;

/**
 * The privileges the switch may need.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/capabilities.7.html">capabilities(7)</a>
 */
public enum Capability {
  /** Attach an XDP program, change an interface. */
  NET_ADMIN(Bits.CAP_NET_ADMIN),
  /** Open AF_XDP and AF_PACKET sockets. */
  NET_RAW(Bits.CAP_NET_RAW),
  /** Lock memory beyond RLIMIT_MEMLOCK. */
  IPC_LOCK(Bits.CAP_IPC_LOCK),
  /** Enter another network namespace; load BPF programs on old kernels. */
  SYS_ADMIN(Bits.CAP_SYS_ADMIN),
  /** Load BPF programs. */
  BPF(Bits.CAP_BPF);

  private final int bit;

  Capability(int bit) {
    this.bit = bit;
  }

  /**
   * The effective capabilities of the calling thread, of those listed here.
   *
   * @see <a href="https://man7.org/linux/man-pages/man2/capget.2.html">capget(2)</a>
   */
  public static Set<Capability> effective() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(Header.SIZEOF, 4);
      header.set(JAVA_INT, Header.VERSION, Bits._LINUX_CAPABILITY_VERSION_3);
      // Version 3 takes two of these: capabilities 0 to 31 and 32 to 63.
      MemorySegment data = arena.allocate(2L * Data.SIZEOF, 4);
      Native.check("capget", ProcessCalls.capget(header, data), "");
      long low = Integer.toUnsignedLong(data.get(JAVA_INT, Data.EFFECTIVE));
      long high = Integer.toUnsignedLong(data.get(JAVA_INT, Data.SIZEOF + Data.EFFECTIVE));
      long effective = high << 32 | low;
      EnumSet<Capability> set = EnumSet.noneOf(Capability.class);
      for (Capability capability : values()) {
        if ((effective >>> capability.bit & 1) != 0) {
          set.add(capability);
        }
      }
      return set;
    }
  }

  /** True when the calling thread has this capability. */
  public boolean isEffective() {
    return effective().contains(this);
  }

  /** Numbers of capability.h. */
  @CConstants(header = "linux/capability.h")
  static final class Bits {
    static final int CAP_NET_ADMIN = 12;
    static final int CAP_NET_RAW = 13;
    static final int CAP_IPC_LOCK = 14;
    static final int CAP_SYS_ADMIN = 21;
    static final int CAP_BPF = 39;
    static final int _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    private Bits() {}
  }

  /** {@code struct __user_cap_header_struct}: {@code version(4) pid(4)}. */
  @CStruct(value = "struct __user_cap_header_struct", header = "linux/capability.h")
  static final class Header {
    static final int SIZEOF = 8;
    static final int VERSION = 0;

    private Header() {}
  }

  /** {@code struct __user_cap_data_struct}: {@code effective(4) permitted(4) inheritable(4)}. */
  @CStruct(value = "struct __user_cap_data_struct", header = "linux/capability.h")
  static final class Data {
    static final int SIZEOF = 12;
    static final int EFFECTIVE = 0;

    private Data() {}
  }
}
