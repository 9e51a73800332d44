// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

import java.util.concurrent.locks.LockSupport;

/** Sends numbered frames at a constant rate on a thread of its own, until it is closed. */
final class NumberedTraffic implements AutoCloseable {
  /** Where the number stands: behind the Ethernet header. */
  static final int NUMBER_OFFSET = 14;

  private static final long NS_PER_SECOND = 1_000_000_000L;

  /** Sends one frame; false if it must be offered again. */
  @FunctionalInterface
  interface Wire {
    boolean send(byte[] frame);
  }

  private final Wire wire;
  private final Deliveries deliveries;
  private final byte[] frame;
  private final int ratePps;
  private final Thread thread;
  private volatile boolean stopping;

  private NumberedTraffic(Wire wire, Deliveries deliveries, int frameBytes, int ratePps) {
    this.wire = wire;
    this.deliveries = deliveries;
    this.ratePps = ratePps;
    frame = new byte[frameBytes];
    // To and from locally administered addresses, of an Ethertype for experiments (0x88b5).
    frame[0] = 2;
    frame[5] = 1;
    frame[6] = 2;
    frame[11] = 2;
    frame[12] = (byte) 0x88;
    frame[13] = (byte) 0xb5;
    thread = new Thread(this::run, "numbered-traffic");
    thread.setDaemon(true);
  }

  /** Begins. */
  static NumberedTraffic start(Wire wire, Deliveries deliveries, int frameBytes, int ratePps) {
    NumberedTraffic traffic = new NumberedTraffic(wire, deliveries, frameBytes, ratePps);
    traffic.thread.start();
    return traffic;
  }

  /** False once it was closed, or there is no room for more numbers. */
  boolean isRunning() {
    return thread.isAlive();
  }

  private void run() {
    long stepNs = NS_PER_SECOND / ratePps;
    long dueNs = System.nanoTime();
    while (!stopping && deliveries.hasRoom()) {
      long waitNs = dueNs - System.nanoTime();
      if (waitNs > 0) {
        LockSupport.parkNanos(waitNs);
        continue;
      }
      number(deliveries.nextNumber());
      // Noted before it leaves: it may arrive before this thread runs again.
      long nowNs = System.nanoTime();
      while (!wire.send(frame)) {
        if (stopping) {
          return;
        }
        LockSupport.parkNanos(stepNs);
      }
      deliveries.sent(nowNs);
      dueNs += stepNs;
    }
  }

  private void number(long number) {
    for (int i = 0; i < Long.BYTES; i++) {
      frame[NUMBER_OFFSET + i] = (byte) (number >>> (8 * (Long.BYTES - 1 - i)));
    }
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
