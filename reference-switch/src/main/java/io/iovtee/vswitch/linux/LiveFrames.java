// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.iovtee.vswitch.linux.BpfAbi.Attr;
import io.iovtee.vswitch.linux.BpfAbi.XdpMd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Copies of one frame that the kernel makes and runs an XDP program on, and that then go where the
 * program says: the fastest generator without a NIC. One thread, in the network namespace of the
 * interface that the program redirects to.
 *
 * <p>Attach the program to some interface, too. The kernel keeps the attached programs in a table
 * that is code; for one that is not in it the table is written anew before each call and after it,
 * which takes some 20 ms.
 *
 * @see <a href="https://docs.kernel.org/bpf/bpf_prog_run.html">BPF_PROG_RUN, live packet mode</a>
 */
public final class LiveFrames implements AutoCloseable {
  /** Frames between two rounds of the receiver's work: as many as a NAPI poll takes. */
  private static final int BATCH = 64;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment attr = arena.allocate(BpfAbi.ATTR_LENGTH, 8);

  /**
   * Prepares.
   *
   * @param program stays the caller's
   * @param frame from the Ethernet header on, without FCS
   */
  public LiveFrames(Fd program, byte[] frame) {
    MemorySegment context = arena.allocate(XdpMd.SIZEOF, 8);
    context.set(JAVA_INT, XdpMd.DATA_END, frame.length);
    attr.set(JAVA_INT, Attr.TEST_PROG_FD, program.number());
    attr.set(JAVA_INT, Attr.TEST_DATA_SIZE_IN, frame.length);
    attr.set(JAVA_LONG, Attr.TEST_DATA_IN, arena.allocateFrom(JAVA_BYTE, frame).address());
    attr.set(JAVA_INT, Attr.TEST_CTX_SIZE_IN, XdpMd.SIZEOF);
    attr.set(JAVA_LONG, Attr.TEST_CTX_IN, context.address());
    attr.set(JAVA_INT, Attr.TEST_FLAGS, BpfAbi.Bpf.BPF_F_TEST_XDP_LIVE_FRAMES);
    attr.set(JAVA_INT, Attr.TEST_BATCH_SIZE, BATCH);
  }

  /**
   * Sends. On return the program has run on all of them, unless a signal came, SIGSTOP for example;
   * and the receiver's part of the kernel has usually had them, too: it runs on this core, after
   * every 64 frames.
   *
   * @param count 1 or more
   * @return 0, or a negative errno: EINTR when a signal ended it early, EINVAL from kernels before
   *     5.18
   */
  public int send(int count) {
    attr.set(JAVA_INT, Attr.TEST_REPEAT, count);
    return SystemCalls.bpf(BpfAbi.Bpf.BPF_PROG_TEST_RUN, attr);
  }

  @Override
  public void close() {
    arena.close();
  }
}
