// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An XDP program at one end of a veth pair, and numbers that it shares with us. */
final class EndProgram implements AutoCloseable {
  /** Bytes of a key of the map whose only entry are the numbers. */
  static final int KEY_LENGTH = Integer.BYTES;

  private static final byte[] KEY = new byte[KEY_LENGTH];

  private final Fd numbers;
  private final Fd program;
  private final Fd link;
  private final int count;

  private EndProgram(Fd numbers, Fd program, Fd link, int count) {
    this.numbers = numbers;
    this.program = program;
    this.link = link;
    this.count = count;
  }

  /** Makes a program. */
  @FunctionalInterface
  interface Code {
    /**
     * Its instructions.
     *
     * @param numbers a map with one entry, at key 0: numbers of 8 bytes
     * @param interfaceIndex of the end that it will be at
     */
    long[] of(Fd numbers, int interfaceIndex);
  }

  /**
   * Puts a program at one end.
   *
   * @param name for {@code bpftool}, letters and underscores, at most 15
   * @param count numbers that it shares with us; all 0
   */
  static EndProgram attach(String netns, String end, String name, int count, Code code) {
    Fd numbers =
        Bpf.createMap(BpfAbi.Bpf.BPF_MAP_TYPE_ARRAY, KEY_LENGTH, count * Long.BYTES, 1, name);
    try {
      return Namespace.call(netns, () -> attachHere(end, name, numbers, count, code));
    } catch (RuntimeException e) {
      numbers.close();
      throw e;
    }
  }

  private static EndProgram attachHere(String end, String name, Fd numbers, int count, Code code) {
    try (NetDevice device = NetDevice.open(end)) {
      Fd program = Bpf.loadXdpProgram(code.of(numbers, device.index()), name);
      int link = Bpf.linkXdp(program, device.index(), Program.XDP_FLAGS_DRV_MODE);
      if (link < 0) {
        program.close();
        throw new ErrnoException("bpf(BPF_LINK_CREATE)", -link, "interface=" + end);
      }
      return new EndProgram(numbers, program, Fd.of(link, "XDP link of " + end), count);
    }
  }

  Fd program() {
    return program;
  }

  /** Sets all numbers. */
  void write(long... values) {
    ByteBuffer entry = ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.nativeOrder());
    for (long value : values) {
      entry.putLong(value);
    }
    Bpf.update(numbers, KEY, entry.array());
  }

  /** Reads one number. */
  long read(int index) {
    byte[] entry = new byte[count * Long.BYTES];
    if (!Bpf.lookup(numbers, KEY, entry)) {
      throw new PeerException("the map of a wire's end has lost its entry");
    }
    return ByteBuffer.wrap(entry).order(ByteOrder.nativeOrder()).getLong(index * Long.BYTES);
  }

  @Override
  public void close() {
    link.close();
    program.close();
    numbers.close();
  }
}
