// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R3;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R4;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R6;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R7;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R8;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R9;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.LiveFrames;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Sends frames of one queue past its Tx ring. In copy mode the ring's frames become one skb each,
 * which the kernel sends one by one. Here they are put into slots that a program shares with us,
 * and {@link LiveFrames} runs it for all of them in one call: no skb, and whoever receives gets
 * batches.
 *
 * <pre>
 *  slot = slots[next % 256]; next++
 *  cut the page to slot.length, copy slot.bytes into it; drop it if that fails
 *  return redirect to device
 * </pre>
 *
 * <p>A veth takes such frames only if its peer has an XDP program, or GRO; others are gone, and
 * counted nowhere. So {@link #turnsOutRefused} watches. One poll thread; opened and closed by the
 * control thread while that is kept out.
 */
final class RedirectTx implements AutoCloseable {
  /** A call takes some 20 µs whatever it sends, as long as a dozen frames through the ring. */
  private static final int WORTH_COUNT = 16;

  /** The one that it was tried on: others may drop all that is redirected to them. */
  private static final String DRIVER = XdpPort.VETH;

  private static final int SLOTS = 256;
  private static final int SLOT_LENGTH = 2048;

  /** In a slot: {@code length(8) unused(8) bytes}. */
  private static final int BYTES = 16;

  private static final int KEY_ON_STACK = -4;

  /** Shortest frame that the kernel redirects: an Ethernet header. */
  static final int LENGTH_MIN = 14;

  /** Calls for one lot of frames: each but the last was ended by a signal. */
  private static final int CALLS_MAX = 8;

  /** A look may come between the sending of a frame and its being counted. */
  private static final int STRIKES_MAX = 2;

  /** What was opened, the last one first. */
  private final Deque<AutoCloseable> opened;

  private final long slots;
  private final long next;
  private final LiveFrames frames;

  /** Number of the next frame to be put into a slot. */
  private long end;

  private int waiting;

  /** Nothing is sent here any more: it does not get out. */
  private volatile boolean refused;

  private long seenRedirected;
  private long seenLeft;
  private int strikes;

  private RedirectTx(Deque<AutoCloseable> opened, long slots, long next, LiveFrames frames) {
    this.opened = opened;
    this.slots = slots;
    this.next = next;
    this.frames = frames;
  }

  /**
   * Opens it. In the interface's namespace.
   *
   * @throws XdpException if the driver is none that it was tried on
   */
  static RedirectTx open(NetDevice device) {
    if (!device.driver().equals(DRIVER)) {
      throw new XdpException(
          "transmit: redirect is for interfaces of driver %s: interface=%s, driver=%s; use ring"
              .formatted(DRIVER, device.name(), device.driver()));
    }
    Deque<AutoCloseable> opened = new ArrayDeque<>();
    try {
      return open(device, opened);
    } catch (RuntimeException e) {
      close(opened);
      throw e;
    }
  }

  private static RedirectTx open(NetDevice device, Deque<AutoCloseable> opened) {
    Fd slots = kept(opened, Bpf.createMappedArray(SLOT_LENGTH, SLOTS, "iovtee_tx"));
    Fd next = kept(opened, Bpf.createMappedArray(Long.BYTES, 1, "iovtee_tx_next"));
    int devmap = BpfAbi.Bpf.BPF_MAP_TYPE_DEVMAP;
    Fd devices =
        kept(opened, Bpf.createMap(devmap, Integer.BYTES, Integer.BYTES, 1, "iovtee_tx_to"));
    Bpf.update(devices, XdpMaps.bytes(0), XdpMaps.bytes(device.index()));
    long[] code = instructions(slots, next, devices);
    Fd program = kept(opened, Bpf.loadXdpProgram(code, "iovtee_tx"));
    kept(opened, Namespace.create(() -> kept(opened, attached(program))));
    Mmap slotMemory = kept(opened, Mmap.shared(slots, 0, (long) SLOTS * SLOT_LENGTH, true));
    Mmap nextMemory = kept(opened, Mmap.shared(next, 0, Mmap.PAGE_SIZE, true));
    LiveFrames frames = kept(opened, new LiveFrames(program, new byte[Umem.FRAME_LENGTH_MAX]));
    return new RedirectTx(opened, slotMemory.address(), nextMemory.address(), frames);
  }

  private static <T extends AutoCloseable> T kept(Deque<AutoCloseable> opened, T one) {
    opened.push(one);
    return one;
  }

  /** On the only device of a namespace where nothing ever comes: {@link LiveFrames} says why. */
  private static Fd attached(Fd program) {
    try (NetDevice loopback = NetDevice.open("lo")) {
      int link = Bpf.linkXdp(program, loopback.index(), Program.XDP_FLAGS_SKB_MODE);
      if (link < 0) {
        throw new ErrnoException("bpf(BPF_LINK_CREATE)", -link, "interface=lo");
      }
      return Fd.of(link, "XDP link of a loopback device");
    }
  }

  static long[] instructions(Fd slots, Fd next, Fd devices) {
    BpfAssembler code = new BpfAssembler().move(R6, R1).storeConstant32(STACK, KEY_ON_STACK, 0);
    lookup(code, next);
    code.load(Instruction.BPF_DW, R7, R0, 0)
        .move(R1, R7)
        .addConstant(R1, 1)
        .store(Instruction.BPF_DW, R0, 0, R1)
        .andConstant(R7, SLOTS - 1)
        .store(Instruction.BPF_W, STACK, KEY_ON_STACK, R7);
    lookup(code, slots);
    return code.move(R8, R0)
        .load(Instruction.BPF_DW, R9, R8, 0)
        .jumpIfLess(R9, LENGTH_MIN, "drop")
        .moveConstant(R1, Umem.FRAME_LENGTH_MAX)
        .jumpIfGreater(R9, R1, "drop")
        .move(R1, R6)
        .move(R2, R9)
        .addConstant(R2, -Umem.FRAME_LENGTH_MAX)
        .call(BpfAbi.Bpf.BPF_FUNC_xdp_adjust_tail)
        .jumpIfNotEqual(R0, 0, "drop")
        .move(R1, R6)
        .moveConstant(R2, 0)
        .move(R3, R8)
        .addConstant(R3, BYTES)
        .move(R4, R9)
        .call(BpfAbi.Bpf.BPF_FUNC_xdp_store_bytes)
        .jumpIfNotEqual(R0, 0, "drop")
        .loadMap(R1, devices)
        .moveConstant(R2, 0)
        .moveConstant(R3, Program.XDP_DROP)
        .call(BpfAbi.Bpf.BPF_FUNC_redirect_map)
        .exit()
        .label("drop")
        .moveConstant(R0, Program.XDP_DROP)
        .exit()
        .assemble();
  }

  /** Writes: R0 = the value of the key on the stack. Loses R1 to R5. */
  private static void lookup(BpfAssembler code, Fd map) {
    code.loadMap(R1, map)
        .move(R2, STACK)
        .addConstant(R2, KEY_ON_STACK)
        .call(BpfAbi.Bpf.BPF_FUNC_map_lookup_elem)
        .jumpIfEqual(R0, 0, "drop");
  }

  /** Whether so many frames are sent faster here than by the ring. */
  boolean isWorth(int count) {
    return count >= WORTH_COUNT && !refused;
  }

  /**
   * Looks whether frames get out: the kernel tells nobody of frames that a veth's peer does not
   * take. After two looks in a row at frames of which none got out, there are no more. One caller
   * at a time, not the poll thread.
   *
   * @param redirected frames sent so far, read before {@code left}
   * @param left frames that have left the interface
   * @return true once: when frames turn out not to get out
   */
  boolean turnsOutRefused(long redirected, long left) {
    if (redirected == seenRedirected || left != seenLeft) {
      seenRedirected = redirected;
      seenLeft = left;
      strikes = 0;
      return false;
    }
    strikes++;
    if (strikes < STRIKES_MAX || refused) {
      return false;
    }
    refused = true;
    return true;
  }

  /** Frames in slots. */
  int waiting() {
    return waiting;
  }

  boolean waits() {
    return waiting > 0;
  }

  boolean isFull() {
    return waiting == SLOTS;
  }

  /**
   * Takes a slot, which is not {@link #isFull}.
   *
   * @param length of the frame, {@link #LENGTH_MIN} to {@link Umem#FRAME_LENGTH_MAX}
   * @return where its bytes go
   */
  long add(int length) {
    long slot = slots + (end & SLOTS - 1) * SLOT_LENGTH;
    AddressSpace.putLong(slot, length);
    end++;
    waiting++;
    return slot + BYTES;
  }

  /**
   * Sends what waits.
   *
   * @return on how many frames the program has run; the others are gone, too
   */
  int send() {
    int all = waiting;
    waiting = 0;
    for (int calls = 0; calls < CALLS_MAX && left() > 0; calls++) {
      int result = frames.send(left());
      if (result < 0 && result != -Errno.EINTR) {
        break;
      }
    }
    int lost = left();
    if (lost > 0) {
      AddressSpace.putLong(next, end); // the program goes on with the next frame's slot
    }
    return all - lost;
  }

  private int left() {
    return (int) (end - AddressSpace.getLong(next));
  }

  @Override
  public void close() {
    close(opened);
  }

  private static void close(Deque<AutoCloseable> opened) {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("could not close what sends past a ring", e);
      }
    }
  }
}
