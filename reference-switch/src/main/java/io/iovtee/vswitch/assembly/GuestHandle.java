// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.GuestPort;
import io.iovtee.vswitch.datapath.GuestBinding;
import io.iovtee.vswitch.memory.GuestMemory;
import java.util.concurrent.CompletionStage;

/**
 * A guest's receive side for as long as one memory table and its rings last: what plugins hold. A
 * new table or a new connection makes a new handle.
 */
public final class GuestHandle implements GuestPort {
  private final String name;
  private final GuestBinding binding;
  private final GuestMemory memory;
  private final int queuePairs;
  private final int ringSize;
  private final boolean inOrder;
  private volatile boolean up = true;

  GuestHandle(
      String name,
      GuestBinding binding,
      GuestMemory memory,
      int queuePairs,
      int ringSize,
      boolean inOrder) {
    this.name = name;
    this.binding = binding;
    this.memory = memory;
    this.queuePairs = queuePairs;
    this.ringSize = ringSize;
    this.inOrder = inOrder;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int queuePairs() {
    return queuePairs;
  }

  @Override
  public int ringSize(int queuePair) {
    return ringSize;
  }

  @Override
  public boolean inOrder() {
    return inOrder;
  }

  @Override
  public String pollLoop() {
    return binding.loop().name();
  }

  @Override
  public CompletionStage<Boolean> lendTransmit(boolean lend) {
    return binding.setTransmitLending(lend).thenApply(_ -> true);
  }

  GuestBinding binding() {
    return binding;
  }

  GuestMemory memory() {
    return memory;
  }

  boolean isUp() {
    return up;
  }

  /** The memory or the rings are going: nothing new may be built on this handle. */
  void down() {
    up = false;
  }
}
