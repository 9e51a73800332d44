// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.GuestPort;
import java.util.ArrayList;
import java.util.List;

/** A connected guest. Its rings are as many as its queue pairs. */
public final class FakeGuestPort implements GuestPort {
  /** Stride and length of what {@link #postAll} posts: what DPDK posts for an MTU of 1500. */
  public static final int BUFFER_LENGTH = 2060;

  public static final int BUFFER_STRIDE = 2432;

  private final String name;
  private final String pollLoop;
  private final boolean inOrder;
  private final List<FakeReceiveRing> rings = new ArrayList<>();

  FakeGuestPort(
      String name, int queuePairs, int ringSize, boolean inOrder, String pollLoop, long memory) {
    this.name = name;
    this.pollLoop = pollLoop;
    this.inOrder = inOrder;
    for (int i = 0; i < queuePairs; i++) {
      int length = ringSize * BUFFER_STRIDE;
      rings.add(new FakeReceiveRing(ringSize, memory + (long) i * length, length, inOrder));
    }
  }

  public FakeReceiveRing ring(int queuePair) {
    return rings.get(queuePair);
  }

  /** Every ring gets every buffer that the guest owns. */
  public void postAll() {
    for (FakeReceiveRing ring : rings) {
      ring.postAll(BUFFER_LENGTH, BUFFER_STRIDE);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int queuePairs() {
    return rings.size();
  }

  @Override
  public int ringSize(int queuePair) {
    return rings.get(queuePair).size();
  }

  @Override
  public boolean inOrder() {
    return inOrder;
  }

  @Override
  public String pollLoop() {
    return pollLoop;
  }
}
