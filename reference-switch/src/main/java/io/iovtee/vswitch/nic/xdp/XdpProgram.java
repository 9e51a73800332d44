// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R3;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R4;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R6;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R8;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;

import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.BpfAbi.XdpMd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The XDP program of one interface: gives each frame to the socket of the queue that it came in on,
 * and, where a queue is filtered, only frames that match one of its filters.
 *
 * <pre>
 *  if the queue is none of ours: pass to the host's own network stack
 *  if filtered[queue]
 *        and neither (queue, dst MAC, any VLAN) nor (queue, dst MAC, its VLAN) is in filters
 *     counts[queue].rejected++; return fallback
 *  action = redirect to sockets[queue], else fallback
 *  if action is not redirect
 *     counts[queue].unserved++
 *  return action
 * </pre>
 *
 * <p>In copy mode it runs before the frame is copied, so no byte of a rejected frame reaches the
 * UMEM. It never moves a frame's start or writes metadata. Written as bytecode here, so that
 * neither clang nor a library is needed. Control thread.
 */
final class XdpProgram implements AutoCloseable {
  /** Filters of all queues of one interface. */
  static final int FILTER_COUNT_MAX = 1024;

  /** {@code rejected(8) unserved(8)}. */
  private static final int COUNTS_LENGTH = 16;

  private static final int COUNTS_REJECTED = 0;
  private static final int COUNTS_UNSERVED = 8;

  /** {@code queue(4) mac(6) vlan(2)}, VLAN as on the wire without its priority bits. */
  private static final int FILTER_KEY_LENGTH = 12;

  private static final int KEY = -16;
  private static final int KEY_MAC = KEY + 4;
  private static final int KEY_VLAN = KEY + 10;
  private static final int QUEUE = -4;

  /** Where the frame's VLAN waits while "any VLAN" is looked up. */
  private static final int VLAN = -20;

  /** Stands in a key for "whatever VLAN, or none": no VLAN number has these bits. */
  private static final int ANY_VLAN = 0xffff;

  /** Ethernet with one VLAN tag; shorter frames match no filter. */
  private static final int HEADER_LENGTH = 18;

  private static final int TYPE_OFFSET = 12;
  private static final int TAG_OFFSET = 14;

  /** EtherType 0x8100 and the VLAN number's bits, as little-endian loads see them. */
  private static final int VLAN_TYPE = Short.toUnsignedInt(Short.reverseBytes((short) 0x8100));

  private static final int VLAN_MASK = Short.toUnsignedInt(Short.reverseBytes((short) 0x0fff));

  private final int queues;
  private final Fd sockets;
  private final Fd filtered;
  private final Fd counts;
  private final Fd filters;
  private final Fd program;

  private XdpProgram(int queues, Fd sockets, Fd filtered, Fd filters, Fd counts, Fd program) {
    this.queues = queues;
    this.sockets = sockets;
    this.filtered = filtered;
    this.filters = filters;
    this.counts = counts;
    this.program = program;
  }

  /** What the program did with frames of one queue that it did not hand to a socket. */
  record Counts(long rejected, long unserved) {}

  /**
   * Loads the program, attached to nothing.
   *
   * @param queues how many of the interface's receive queues are ours, from 0 on
   * @param fallback {@code XDP_PASS} or {@code XDP_DROP}: what happens to frames that no socket
   *     takes
   */
  static XdpProgram load(int queues, int fallback) {
    List<Fd> maps = new ArrayList<>();
    try {
      maps.add(map(BpfAbi.Bpf.BPF_MAP_TYPE_XSKMAP, 4, 4, queues, "iovtee_sockets"));
      maps.add(map(BpfAbi.Bpf.BPF_MAP_TYPE_ARRAY, 4, 4, queues, "iovtee_filtered"));
      maps.add(
          map(
              BpfAbi.Bpf.BPF_MAP_TYPE_HASH,
              FILTER_KEY_LENGTH,
              4,
              FILTER_COUNT_MAX,
              "iovtee_filters"));
      maps.add(map(BpfAbi.Bpf.BPF_MAP_TYPE_ARRAY, 4, COUNTS_LENGTH, queues, "iovtee_counts"));
      long[] code = instructions(maps.get(0), maps.get(1), maps.get(2), maps.get(3), fallback);
      Fd program = Bpf.loadXdpProgram(code, "iovtee_xdp");
      return new XdpProgram(queues, maps.get(0), maps.get(1), maps.get(2), maps.get(3), program);
    } catch (RuntimeException e) {
      maps.forEach(Fd::close);
      throw e;
    }
  }

  private static Fd map(int type, int keyLength, int valueLength, int entries, String name) {
    return Bpf.createMap(type, keyLength, valueLength, entries, name);
  }

  static long[] instructions(Fd sockets, Fd filtered, Fd filters, Fd counts, int fallback) {
    BpfAssembler code = new BpfAssembler();
    code.move(R6, R1)
        .load(Instruction.BPF_W, R8, R6, XdpMd.RX_QUEUE_INDEX)
        .store(Instruction.BPF_W, STACK, QUEUE, R8);
    lookup(code, filtered, QUEUE);
    // A queue that the maps do not know was left to the host.
    code.jumpIfEqual(R0, 0, "pass")
        .load(Instruction.BPF_W, R1, R0, 0)
        .jumpIfEqual(R1, 0, "redirect");
    matchFilters(code, filters);
    code.label("reject");
    count(code, counts, COUNTS_REJECTED, "fallback");
    code.label("fallback")
        .moveConstant(R0, fallback)
        .exit()
        .label("redirect")
        .loadMap(R1, sockets)
        .move(R2, R8)
        .moveConstant(R3, fallback)
        .call(BpfAbi.Bpf.BPF_FUNC_redirect_map)
        .jumpIfEqual(R0, Program.XDP_REDIRECT, "done");
    count(code, counts, COUNTS_UNSERVED, "fallback");
    code.moveConstant(R0, fallback)
        .label("done")
        .exit()
        .label("pass")
        .moveConstant(R0, Program.XDP_PASS)
        .exit();
    return code.assemble();
  }

  /** Adds one to a counter of the queue. */
  private static void count(BpfAssembler code, Fd counts, int offset, String otherwise) {
    lookup(code, counts, QUEUE);
    code.jumpIfEqual(R0, 0, otherwise).moveConstant(R1, 1).atomicAdd(R0, offset, R1);
  }

  /**
   * Jumps to redirect when a filter matches, to reject for a short frame; falls through otherwise.
   */
  private static void matchFilters(BpfAssembler code, Fd filters) {
    code.load(Instruction.BPF_W, R2, R6, XdpMd.DATA)
        .load(Instruction.BPF_W, R3, R6, XdpMd.DATA_END)
        .move(R4, R2)
        .addConstant(R4, HEADER_LENGTH)
        .jumpIfGreater(R4, R3, "reject")
        .store(Instruction.BPF_W, STACK, KEY, R8)
        .load(Instruction.BPF_W, R1, R2, 0)
        .store(Instruction.BPF_W, STACK, KEY_MAC, R1)
        .load(Instruction.BPF_H, R1, R2, 4)
        .store(Instruction.BPF_H, STACK, KEY_MAC + 4, R1)
        .load(Instruction.BPF_H, R6, R2, TYPE_OFFSET)
        .load(Instruction.BPF_H, R1, R2, TAG_OFFSET)
        .andConstant(R1, VLAN_MASK)
        .store(Instruction.BPF_W, STACK, VLAN, R1)
        .storeConstant16(STACK, KEY_VLAN, ANY_VLAN);
    lookup(code, filters, KEY);
    code.jumpIfNotEqual(R0, 0, "redirect")
        .jumpIfNotEqual(R6, VLAN_TYPE, "reject")
        .load(Instruction.BPF_W, R1, STACK, VLAN)
        .store(Instruction.BPF_H, STACK, KEY_VLAN, R1);
    lookup(code, filters, KEY);
    code.jumpIfNotEqual(R0, 0, "redirect");
  }

  private static void lookup(BpfAssembler code, Fd map, int keyOnStack) {
    code.loadMap(R1, map)
        .move(R2, STACK)
        .addConstant(R2, keyOnStack)
        .call(BpfAbi.Bpf.BPF_FUNC_map_lookup_elem);
  }

  /**
   * Attaches the program, in the calling thread's network namespace.
   *
   * @param flags {@code XDP_FLAGS_DRV_MODE} or {@code XDP_FLAGS_SKB_MODE}
   * @return the link, which holds the program until it is closed, or a negative errno
   */
  int attach(int interfaceIndex, int flags) {
    return Bpf.linkXdp(program, interfaceIndex, flags);
  }

  /** The kernel's number of the program. */
  int id() {
    return Bpf.programId(program);
  }

  /** Gives a queue's frames to a bound socket. */
  void serve(int queue, Fd socket) {
    Bpf.update(sockets, key(queue), key(socket.number()));
  }

  /** Gives a queue's frames to nobody. */
  void unserve(int queue) {
    boolean unused = Bpf.delete(sockets, key(queue));
  }

  /** Lets frames that match into a queue, and nothing else but what other filters let in. */
  void addFilter(int queue, FrameFilter filter) {
    Bpf.update(filters, filterKey(queue, filter), key(1));
    Bpf.update(filtered, key(queue), key(1));
  }

  /** Whether the kernel has the filter and applies it: what was written, read back. */
  boolean hasFilter(int queue, FrameFilter filter) {
    return Bpf.lookup(filters, filterKey(queue, filter), new byte[4]) && isFiltered(queue);
  }

  /**
   * Takes a filter away. The queue stays filtered, so that nothing foreign slips in, until {@link
   * #openToAll}.
   *
   * @return false when there was no such filter
   */
  boolean removeFilter(int queue, FrameFilter filter) {
    return Bpf.delete(filters, filterKey(queue, filter));
  }

  /** Lets every frame into a queue again. */
  void openToAll(int queue) {
    Bpf.update(filtered, key(queue), key(0));
  }

  /** Whether only frames that match a filter get into a queue. */
  boolean isFiltered(int queue) {
    return read(filtered, queue, 4).getInt(0) != 0;
  }

  /** What the program did with a queue's frames, since it was loaded; zeros once it is closed. */
  Counts counts(int queue) {
    if (counts.isClosed()) {
      return new Counts(0, 0);
    }
    ByteBuffer value = read(counts, queue, COUNTS_LENGTH);
    return new Counts(value.getLong(COUNTS_REJECTED), value.getLong(COUNTS_UNSERVED));
  }

  private ByteBuffer read(Fd map, int queue, int length) {
    byte[] value = new byte[length];
    if (!Bpf.lookup(map, key(queue), value)) {
      throw new IllegalArgumentException("no such queue: queue=" + queue + ", queues=" + queues);
    }
    return ByteBuffer.wrap(value).order(ByteOrder.nativeOrder());
  }

  private static byte[] key(int number) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(number).array();
  }

  private static byte[] filterKey(int queue, FrameFilter filter) {
    ByteBuffer key = ByteBuffer.allocate(FILTER_KEY_LENGTH).order(ByteOrder.nativeOrder());
    key.putInt(queue).put(filter.mac());
    if (filter.vlan() == FrameFilter.ANY_VLAN) {
      key.putShort((short) ANY_VLAN);
    } else {
      key.order(ByteOrder.BIG_ENDIAN).putShort((short) filter.vlan());
    }
    return key.array();
  }

  @Override
  public void close() {
    List.of(program, sockets, filtered, filters, counts).forEach(Fd::close);
  }
}
