// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.iovtee.vswitch.linux.EthtoolAbi.Ethtool;
import io.iovtee.vswitch.linux.EthtoolAbi.FlowSpec;
import io.iovtee.vswitch.linux.EthtoolAbi.Indirection;
import io.iovtee.vswitch.linux.EthtoolAbi.Rxnfc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An interface's flow rules and indirection table by {@code ioctl(SIOCETHTOOL)}, as {@code ethtool
 * -N}, {@code -n} and {@code -X} have them. Control thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man8/ethtool.8.html">ethtool(8)</a>
 */
public final class EthtoolFlowTable implements RxFlowTable {
  /** More than NICs of today have; a bound on what a driver can make us allocate. */
  private static final int RULE_COUNT_MAX = 1 << 16;

  private static final int INDIRECTION_SIZE_MAX = 1 << 16;

  private final NetDevice device;

  public EthtoolFlowTable(NetDevice device) {
    this.device = device;
  }

  /** The bytes of {@code struct ethtool_rxnfc} that insert a rule; ethtool sends the same. */
  public static byte[] insertRequest(RxFlowSpec spec, int queue, int location) {
    try (Arena arena = Arena.ofConfined()) {
      return insertRequest(arena, spec, queue, location).toArray(JAVA_BYTE);
    }
  }

  private static MemorySegment insertRequest(
      Arena arena, RxFlowSpec spec, int queue, int location) {
    MemorySegment request = request(arena, Ethtool.ETHTOOL_SRXCLSRLINS);
    byte[] rule = spec.to(queue, location);
    MemorySegment.copy(rule, 0, request, JAVA_BYTE, Rxnfc.FS, rule.length);
    return request;
  }

  private static MemorySegment request(Arena arena, int command) {
    MemorySegment request = arena.allocate(Rxnfc.SIZEOF, 8);
    request.set(JAVA_INT, Rxnfc.CMD, command);
    return request;
  }

  @Override
  public int insert(RxFlowSpec spec, int queue) {
    try (Arena arena = Arena.ofConfined()) {
      int location = freeLocation(arena);
      MemorySegment request = insertRequest(arena, spec, queue, location);
      check("SRXCLSRLINS", device.ethtool(arena, request));
      return request.get(JAVA_INT, Rxnfc.FS + FlowSpec.LOCATION);
    }
  }

  /** Some drivers choose the place themselves; for the others it is the last one that is free. */
  private int freeLocation(Arena arena) {
    MemorySegment count = request(arena, Ethtool.ETHTOOL_GRXCLSRLCNT);
    check("GRXCLSRLCNT", device.ethtool(arena, count));
    if ((count.get(JAVA_LONG, Rxnfc.DATA) & Integer.toUnsignedLong(Ethtool.RX_CLS_LOC_SPECIAL))
        != 0) {
      return Ethtool.RX_CLS_LOC_ANY;
    }
    MemorySegment all = allLocations(arena, count.get(JAVA_INT, Rxnfc.RULE_CNT));
    Set<Integer> taken = new HashSet<>(locations(all));
    long size = Math.min(all.get(JAVA_LONG, Rxnfc.DATA), RULE_COUNT_MAX);
    for (int location = (int) size - 1; location >= 0; location--) {
      if (!taken.contains(location)) {
        return location;
      }
    }
    throw failure("SRXCLSRLINS", Errno.ENOSPC);
  }

  private MemorySegment allLocations(Arena arena, int count) {
    if (count < 0 || count > RULE_COUNT_MAX) {
      throw failure("GRXCLSRLALL", Errno.EINVAL);
    }
    MemorySegment all = arena.allocate(Rxnfc.SIZEOF + (long) count * Integer.BYTES, 8);
    all.set(JAVA_INT, Rxnfc.CMD, Ethtool.ETHTOOL_GRXCLSRLALL);
    all.set(JAVA_INT, Rxnfc.RULE_CNT, count);
    check("GRXCLSRLALL", device.ethtool(arena, all));
    return all;
  }

  private static List<Integer> locations(MemorySegment all) {
    List<Integer> locations = new ArrayList<>();
    int room = (int) ((all.byteSize() - Rxnfc.RULE_LOCS) / Integer.BYTES);
    int count = Math.min(all.get(JAVA_INT, Rxnfc.RULE_CNT), room);
    for (int i = 0; i < count; i++) {
      locations.add(all.get(JAVA_INT, Rxnfc.RULE_LOCS + (long) i * Integer.BYTES));
    }
    return locations;
  }

  @Override
  public boolean delete(int location) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = request(arena, Ethtool.ETHTOOL_SRXCLSRLDEL);
      request.set(JAVA_INT, Rxnfc.FS + FlowSpec.LOCATION, location);
      int result = device.ethtool(arena, request);
      if (result == -Errno.ENOENT) {
        return false;
      }
      check("SRXCLSRLDEL", result);
      return true;
    }
  }

  @Override
  public List<Rule> rules() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = request(arena, Ethtool.ETHTOOL_GRXCLSRLCNT);
      check("GRXCLSRLCNT", device.ethtool(arena, count));
      MemorySegment all = allLocations(arena, count.get(JAVA_INT, Rxnfc.RULE_CNT));
      List<Rule> rules = new ArrayList<>();
      for (int location : locations(all)) {
        MemorySegment request = request(arena, Ethtool.ETHTOOL_GRXCLSRULE);
        request.set(JAVA_INT, Rxnfc.FS + FlowSpec.LOCATION, location);
        int result = device.ethtool(arena, request);
        if (result != -Errno.ENOENT) {
          check("GRXCLSRULE", result);
          rules.add(rule(location, request));
        }
      }
      return rules;
    }
  }

  private static Rule rule(int location, MemorySegment answer) {
    byte[] spec = answer.asSlice(Rxnfc.FS, FlowSpec.SIZEOF).toArray(JAVA_BYTE);
    long cookie = answer.get(JAVA_LONG, Rxnfc.FS + FlowSpec.RING_COOKIE);
    // Higher bits name a virtual function; all bits set mean that frames are dropped.
    int queue = cookie >>> Integer.SIZE == 0 ? (int) cookie : -1;
    return new Rule(location, queue, RxFlowSpec.of(spec));
  }

  @Override
  public int[] indirection() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(Indirection.SIZEOF, 8);
      size.set(JAVA_INT, Indirection.CMD, Ethtool.ETHTOOL_GRXFHINDIR);
      check("GRXFHINDIR", device.ethtool(arena, size));
      int entries = size.get(JAVA_INT, Indirection.SIZE);
      if (entries <= 0 || entries > INDIRECTION_SIZE_MAX) {
        throw failure("GRXFHINDIR", Errno.EINVAL);
      }
      MemorySegment table = table(arena, Ethtool.ETHTOOL_GRXFHINDIR, entries);
      check("GRXFHINDIR", device.ethtool(arena, table));
      return table
          .asSlice(Indirection.RING_INDEX, (long) entries * Integer.BYTES)
          .toArray(JAVA_INT);
    }
  }

  private static MemorySegment table(Arena arena, int command, int entries) {
    MemorySegment table = arena.allocate(Indirection.SIZEOF + (long) entries * Integer.BYTES, 8);
    table.set(JAVA_INT, Indirection.CMD, command);
    table.set(JAVA_INT, Indirection.SIZE, entries);
    return table;
  }

  @Override
  public void setIndirection(int[] queues) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment table = table(arena, Ethtool.ETHTOOL_SRXFHINDIR, queues.length);
      MemorySegment.copy(queues, 0, table, JAVA_INT, Indirection.RING_INDEX, queues.length);
      check("SRXFHINDIR", device.ethtool(arena, table));
    }
  }

  private void check(String command, int result) {
    if (result < 0) {
      throw failure(command, -result);
    }
  }

  private ErrnoException failure(String command, int errno) {
    return new ErrnoException(
        "ioctl(ETHTOOL_" + command + ")", errno, "interface=" + device.name());
  }
}
