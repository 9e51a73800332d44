// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import java.nio.file.Path;

/**
 * The memory of a wire from a load generator's process to the emulated NIC of a switch's: a ring of
 * records that say what differs from frame to frame. The NIC makes the frames of them, so that, as
 * with the null load, their payload costs nobody anything.
 *
 * <pre>
 *   0          128        256       256 + 24 * i
 *  +----------+----------+---------+----------------------------+
 *  | produced | consumed | records | sequence, time, length ... |
 *  +----------+----------+---------+----------------------------+
 * </pre>
 *
 * Both counts are free-running 32-bit numbers, each written by one process and published with
 * release order after the records that it covers.
 */
public final class SharedWire implements AutoCloseable {
  private static final int PRODUCED = 0;

  /** Lines of their own, and away from the line that a prefetcher takes along. */
  private static final int CONSUMED = 128;

  private static final int RECORDS = 256;

  private static final int SEQUENCE = 0;
  private static final int TIME = 8;
  private static final int LENGTH = 16;
  private static final int STRIDE = 24;

  private final Fd fd;
  private final Mmap memory;
  private final int entries;

  private SharedWire(Fd fd, int entries) {
    this.fd = fd;
    this.entries = entries;
    memory = Mmap.shared(fd, 0, bytes(entries), true);
  }

  /**
   * Makes an empty wire.
   *
   * @param entries frames that it holds, a power of two
   */
  public static SharedWire create(int entries) {
    return of(Memfd.create("iovtee-wire", bytes(entries)), entries);
  }

  /** Maps another process's wire; see {@link #path}. */
  static SharedWire open(Path path, int entries) {
    return of(Fd.open(path, true), entries);
  }

  private static SharedWire of(Fd fd, int entries) {
    try {
      return new SharedWire(fd, entries);
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private static long bytes(int entries) {
    return RECORDS + (long) entries * STRIDE;
  }

  /** Where other processes of this user find it while this one lives. */
  public Path path() {
    return Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + fd.number());
  }

  /** Frames that it holds. */
  public int entries() {
    return entries;
  }

  int produced() {
    return AddressSpace.getIntAcquire(memory.address() + PRODUCED);
  }

  void publish(int produced) {
    AddressSpace.putIntRelease(memory.address() + PRODUCED, produced);
  }

  int consumed() {
    return AddressSpace.getIntAcquire(memory.address() + CONSUMED);
  }

  void giveBack(int consumed) {
    AddressSpace.putIntRelease(memory.address() + CONSUMED, consumed);
  }

  void put(int index, long sequence, long timeNs, int length) {
    long record = record(index);
    AddressSpace.putLong(record + SEQUENCE, sequence);
    AddressSpace.putLong(record + TIME, timeNs);
    AddressSpace.putInt(record + LENGTH, length);
  }

  long sequence(int index) {
    return AddressSpace.getLong(record(index) + SEQUENCE);
  }

  long timeNs(int index) {
    return AddressSpace.getLong(record(index) + TIME);
  }

  int length(int index) {
    return AddressSpace.getInt(record(index) + LENGTH);
  }

  private long record(int index) {
    return memory.address() + RECORDS + (long) (index & (entries - 1)) * STRIDE;
  }

  @Override
  public void close() {
    memory.close();
    fd.close();
  }
}
