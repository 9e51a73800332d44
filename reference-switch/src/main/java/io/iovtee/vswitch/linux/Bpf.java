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
  /** Bytes of verifier output that are asked for: a filter has a few hundred instructions. */
  private static final int LOG_LENGTH = 1 << 20;

  /** Characters of the verifier's words that an error shows. */
  private static final int LOG_SHOWN = 2000;

  /** Of {@code enum bpf_attach_type} since Linux 6.6: headers of older systems lack them. */
  private static final int BPF_TCX_INGRESS = 46;

  private static final int BPF_TCX_EGRESS = 47;

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
    return createMap(type, keyLength, valueLength, entries, 0, name);
  }

  /**
   * Makes an array that {@link Mmap#shared} can map: entry after entry, with keys of 4 bytes.
   *
   * @param valueLength bytes, a multiple of 8
   * @param name as for {@link #createMap}
   */
  public static Fd createMappedArray(int valueLength, int entries, String name) {
    int type = BpfAbi.Bpf.BPF_MAP_TYPE_ARRAY;
    return createMap(type, Integer.BYTES, valueLength, entries, BpfAbi.Bpf.BPF_F_MMAPABLE, name);
  }

  private static Fd createMap(
      int type, int keyLength, int valueLength, int entries, int flags, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
      attr.set(JAVA_INT, Attr.MAP_TYPE, type);
      attr.set(JAVA_INT, Attr.KEY_SIZE, keyLength);
      attr.set(JAVA_INT, Attr.VALUE_SIZE, valueLength);
      attr.set(JAVA_INT, Attr.MAX_ENTRIES, entries);
      attr.set(JAVA_INT, Attr.MAP_FLAGS, flags);
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
    return load(BpfAbi.Bpf.BPF_PROG_TYPE_XDP, BpfAbi.Bpf.BPF_XDP, instructions, name);
  }

  /**
   * Loads a program that the kernel runs for each frame on its way through the traffic control
   * hook.
   *
   * @throws ErrnoException whose detail is the verifier's own words
   */
  public static Fd loadTrafficProgram(long[] instructions, String name) {
    return load(BpfAbi.Bpf.BPF_PROG_TYPE_SCHED_CLS, 0, instructions, name);
  }

  private static Fd load(int type, int attachType, long[] instructions, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment log = arena.allocate(LOG_LENGTH);
      MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
      attr.set(JAVA_INT, Attr.PROG_TYPE, type);
      attr.set(JAVA_INT, Attr.INSN_CNT, instructions.length);
      attr.set(JAVA_LONG, Attr.INSNS, arena.allocateFrom(JAVA_LONG, instructions).address());
      // Only helpers that are open to every licence are used.
      attr.set(JAVA_LONG, Attr.LICENSE, arena.allocateFrom("Apache-2.0").address());
      attr.set(JAVA_INT, Attr.EXPECTED_ATTACH_TYPE, attachType);
      setName(attr, Attr.PROG_NAME, name);
      // Words are asked for only when there is something to say: they do not fit for long programs.
      int fd = SystemCalls.bpf(BpfAbi.Bpf.BPF_PROG_LOAD, attr);
      if (fd >= 0) {
        return Fd.of(fd, "program " + name);
      }
      attr.set(JAVA_INT, Attr.LOG_LEVEL, 1);
      attr.set(JAVA_INT, Attr.LOG_SIZE, LOG_LENGTH);
      attr.set(JAVA_LONG, Attr.LOG_BUF, log.address());
      int again = SystemCalls.bpf(BpfAbi.Bpf.BPF_PROG_LOAD, attr);
      if (again >= 0) {
        return Fd.of(again, "program " + name);
      }
      String words = lastWords(log.getString(0).strip());
      throw new ErrnoException(
          "bpf(BPF_PROG_LOAD)",
          -fd,
          "name=" + name + "; " + NEEDS + (words.isEmpty() ? "" : "; verifier: " + words));
    }
  }

  /** The verifier says at the end what it did not like. */
  private static String lastWords(String words) {
    return words.length() <= LOG_SHOWN ? words : "… " + words.substring(words.length() - LOG_SHOWN);
  }

  /**
   * Runs an XDP program once on a frame, as if it had come in on queue 0 of the loopback device of
   * the calling thread's network namespace. Counters and maps are the program's real ones.
   *
   * @param frame at least 14 bytes, at most about 3500
   * @return the program's verdict, {@code XDP_*}
   */
  public static int testRun(Fd program, byte[] frame, int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(Math.max(1, length), 8);
      MemorySegment.copy(frame, 0, data, JAVA_BYTE, 0, length);
      MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
      attr.set(JAVA_INT, Attr.TEST_PROG_FD, program.number());
      attr.set(JAVA_INT, Attr.TEST_DATA_SIZE_IN, length);
      attr.set(JAVA_LONG, Attr.TEST_DATA_IN, data.address());
      attr.set(JAVA_INT, Attr.TEST_REPEAT, 1);
      Native.check(
          "bpf(BPF_PROG_TEST_RUN)",
          SystemCalls.bpf(BpfAbi.Bpf.BPF_PROG_TEST_RUN, attr),
          program + ", length=" + length);
      return attr.get(JAVA_INT, Attr.TEST_RETVAL);
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

  /**
   * Attaches a program to the traffic control hook of an interface, at its receiving or its sending
   * side, until the descriptor is closed.
   *
   * @return the link, or a negative errno: EINVAL on kernels before 6.6
   */
  public static int linkTraffic(Fd program, int interfaceIndex, boolean receiving) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);
      attr.set(JAVA_INT, Attr.LINK_PROG_FD, program.number());
      attr.set(JAVA_INT, Attr.LINK_TARGET_FD, interfaceIndex);
      attr.set(JAVA_INT, Attr.LINK_ATTACH_TYPE, receiving ? BPF_TCX_INGRESS : BPF_TCX_EGRESS);
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
