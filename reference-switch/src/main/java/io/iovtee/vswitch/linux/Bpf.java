// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.iovtee.vswitch.linux.BpfAbi.Attr;
import io.iovtee.vswitch.linux.BpfAbi.ProgInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * BPF maps, programs and links. Control thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/bpf.2.html">bpf(2)</a>
 */
public final class Bpf {
  /** Bytes of verifier output that are kept: our programs have a few dozen instructions. */
  private static final int LOG_LENGTH = 64 << 10;

  private static final String NEEDS = "it needs CAP_BPF and CAP_NET_ADMIN";

  private Bpf() {}

  /**
   * Makes a map.
   *
   * @param type one of {@code BPF_MAP_TYPE_*}
   * @param keyLength bytes
   * @param valueLength bytes
   * @param name for {@code bpftool}, letters and underscores, at most 15
   */
  public static Fd createMap(int type, int keyLength, int valueLength, int entries, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
      attr.set(JAVA_INT, Attr.MAP_TYPE, type);
      attr.set(JAVA_INT, Attr.KEY_SIZE, keyLength);
      attr.set(JAVA_INT, Attr.VALUE_SIZE, valueLength);
      attr.set(JAVA_INT, Attr.MAX_ENTRIES, entries);
      setName(attr, Attr.MAP_NAME, name);
      int fd = SystemCalls.bpf(BpfAbi.Bpf.BPF_MAP_CREATE, attr);
      return Fd.of(
          Native.check("bpf(BPF_MAP_CREATE)", fd, "name=" + name + "; " + NEEDS), "map " + name);
    }
  }

  /** Sets an entry. */
  public static void update(Fd map, byte[] key, byte[] value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = element(arena, map, key);
      attr.set(JAVA_LONG, Attr.VALUE, arena.allocateFrom(JAVA_BYTE, value).address());
      Native.check(
          "bpf(BPF_MAP_UPDATE_ELEM)",
          SystemCalls.bpf(BpfAbi.Bpf.BPF_MAP_UPDATE_ELEM, attr),
          map.toString());
    }
  }

  /**
   * Reads an entry.
   *
   * @param value overwritten; for a per-processor map it must hold 8 bytes per possible processor
   * @return false when there is none
   */
  public static boolean lookup(Fd map, byte[] key, byte[] value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = element(arena, map, key);
      MemorySegment out = arena.allocate(value.length, 8);
      attr.set(JAVA_LONG, Attr.VALUE, out.address());
      int result = SystemCalls.bpf(BpfAbi.Bpf.BPF_MAP_LOOKUP_ELEM, attr);
      if (result == -Errno.ENOENT) {
        return false;
      }
      Native.check("bpf(BPF_MAP_LOOKUP_ELEM)", result, map.toString());
      MemorySegment.copy(out, JAVA_BYTE, 0, value, 0, value.length);
      return true;
    }
  }

  /**
   * Removes an entry.
   *
   * @return false when there was none
   */
  public static boolean delete(Fd map, byte[] key) {
    try (Arena arena = Arena.ofConfined()) {
      int result = SystemCalls.bpf(BpfAbi.Bpf.BPF_MAP_DELETE_ELEM, element(arena, map, key));
      if (result == -Errno.ENOENT) {
        return false;
      }
      Native.check("bpf(BPF_MAP_DELETE_ELEM)", result, map.toString());
      return true;
    }
  }

  private static MemorySegment element(Arena arena, Fd map, byte[] key) {
    MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
    attr.set(JAVA_INT, Attr.MAP_FD, map.number());
    attr.set(JAVA_LONG, Attr.KEY, arena.allocateFrom(JAVA_BYTE, key).address());
    return attr;
  }

  /**
   * Loads an XDP program.
   *
   * @param instructions 8 bytes each, as the kernel wants them
   * @throws ErrnoException whose detail is the verifier's own words
   */
  public static Fd loadXdpProgram(long[] instructions, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment log = arena.allocate(LOG_LENGTH);
      MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
      attr.set(JAVA_INT, Attr.PROG_TYPE, BpfAbi.Bpf.BPF_PROG_TYPE_XDP);
      attr.set(JAVA_INT, Attr.INSN_CNT, instructions.length);
      attr.set(JAVA_LONG, Attr.INSNS, arena.allocateFrom(JAVA_LONG, instructions).address());
      // Only helpers that are open to every licence are used.
      attr.set(JAVA_LONG, Attr.LICENSE, arena.allocateFrom("Apache-2.0").address());
      attr.set(JAVA_INT, Attr.LOG_LEVEL, 1);
      attr.set(JAVA_INT, Attr.LOG_SIZE, LOG_LENGTH);
      attr.set(JAVA_LONG, Attr.LOG_BUF, log.address());
      attr.set(JAVA_INT, Attr.EXPECTED_ATTACH_TYPE, BpfAbi.Bpf.BPF_XDP);
      setName(attr, Attr.PROG_NAME, name);
      int fd = SystemCalls.bpf(BpfAbi.Bpf.BPF_PROG_LOAD, attr);
      if (fd < 0) {
        String words = log.getString(0).strip();
        throw new ErrnoException(
            "bpf(BPF_PROG_LOAD)",
            -fd,
            "name=" + name + "; " + NEEDS + (words.isEmpty() ? "" : "; verifier: " + words));
      }
      return Fd.of(fd, "program " + name);
    }
  }

  private static void setName(MemorySegment attr, long offset, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length >= BpfAbi.Bpf.BPF_OBJ_NAME_LEN) {
      throw new IllegalArgumentException("name is longer than 15 bytes: " + name);
    }
    MemorySegment.copy(bytes, 0, attr, JAVA_BYTE, offset, bytes.length);
  }

  /**
   * Attaches an XDP program to an interface until the descriptor is closed, also by the end of this
   * process.
   *
   * @param flags {@code XDP_FLAGS_DRV_MODE}, {@code XDP_FLAGS_SKB_MODE}, or 0 for the kernel's
   *     choice
   * @return the link, or a negative errno: EBUSY when the interface has a program, EOPNOTSUPP when
   *     the driver cannot, EPERM without CAP_NET_ADMIN
   */
  public static int linkXdp(Fd program, int interfaceIndex, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
      attr.set(JAVA_INT, Attr.LINK_PROG_FD, program.number());
      attr.set(JAVA_INT, Attr.LINK_TARGET_FD, interfaceIndex);
      attr.set(JAVA_INT, Attr.LINK_ATTACH_TYPE, BpfAbi.Bpf.BPF_XDP);
      attr.set(JAVA_INT, Attr.LINK_FLAGS, flags);
      return SystemCalls.bpf(BpfAbi.Bpf.BPF_LINK_CREATE, attr);
    }
  }

  /** The kernel's number of a loaded program, as {@code bpftool} and {@code ip link} show it. */
  public static int programId(Fd program) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(BpfAbi.PROG_INFO_LENGTH, 8);
      MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
      attr.set(JAVA_INT, Attr.INFO_FD, program.number());
      attr.set(JAVA_INT, Attr.INFO_LENGTH, BpfAbi.PROG_INFO_LENGTH);
      attr.set(JAVA_LONG, Attr.INFO, info.address());
      Native.check(
          "bpf(BPF_OBJ_GET_INFO_BY_FD)",
          SystemCalls.bpf(BpfAbi.Bpf.BPF_OBJ_GET_INFO_BY_FD, attr),
          program.toString());
      return info.get(JAVA_INT, ProgInfo.ID);
    }
  }
}
