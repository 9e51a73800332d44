// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.DmaConstraints;
import io.iovtee.api.GuestPort;
import io.iovtee.api.RxQueueControl;
import io.iovtee.vswitch.datapath.NicBinding;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One NIC receive queue as a plugin controls it. All changes run on the control thread, where a
 * guest's going away is handled too: so a queue is never attached to memory that is being taken
 * away.
 */
final class QueueControl implements RxQueueControl {
  private final String port;
  private final int queue;
  private final NicBinding binding;
  private final ControlThread control;

  /** Whose memory the queue can write to; changed on the control thread. */
  private volatile @Nullable GuestHandle attached;

  QueueControl(String port, int queue, NicBinding binding, ControlThread control) {
    this.port = port;
    this.queue = queue;
    this.binding = binding;
    this.control = control;
  }

  @Override
  public String port() {
    return port;
  }

  @Override
  public int queue() {
    return queue;
  }

  @Override
  public String pollLoop() {
    return binding.loop(queue).name();
  }

  @Override
  public DmaConstraints constraints() {
    return binding.port().rxQueue(queue).constraints();
  }

  @Override
  public Optional<String> attachedGuest() {
    return Optional.ofNullable(attached).map(GuestHandle::name);
  }

  @Override
  public CompletionStage<Void> attach(GuestPort guest) {
    return change(() -> attachNow(handle(guest)));
  }

  private void attachNow(GuestHandle guest) {
    if (guest.equals(attached)) {
      return;
    }
    GuestHandle other = attached;
    if (other != null) {
      throw new IllegalStateException(
          "queue %s/%d is attached to %s: detach it first".formatted(port, queue, other.name()));
    }
    binding.rebind(queue, guest.memory());
    attached = guest;
  }

  @Override
  public CompletionStage<Void> detach() {
    return control.submitOrRun(() -> {
      detachNow();
      return null;
    });
  }

  /** Takes all guest memory out of the queue's reach. Control thread. */
  void detachNow() {
    if (attached != null) {
      binding.rebind(queue, null);
      attached = null;
    }
  }

  /** Whether this guest's memory is in the queue's reach. Control thread. */
  boolean isAttachedTo(GuestHandle guest) {
    return guest.equals(attached);
  }

  @Override
  public CompletionStage<Void> lendFrom(GuestPort guest, int queuePair, SourceFactory factory) {
    return change(() -> {
      GuestHandle handle = handle(guest);
      if (!handle.equals(attached)) {
        throw new IllegalStateException(
            "queue %s/%d can not reach the memory of %s: attach it first"
                .formatted(port, queue, guest.name()));
      }
      binding.lendFrom(queue, handle.binding(), queuePair, factory).join();
    });
  }

  @Override
  public CompletionStage<Void> stopLending() {
    return change(() -> binding.stopLending(queue).join());
  }

  @Override
  public int outstandingGuestBuffers() {
    return binding.outstandingGuestBuffers(queue);
  }

  @Override
  public boolean isGone() {
    return binding.port().isGone();
  }

  @Override
  public boolean isLending() {
    return binding.isLending(queue);
  }

  @Override
  public CompletionStage<Boolean> steer(String match) {
    return control.submit(() -> binding.port().rxQueue(queue).steer(match));
  }

  @Override
  public CompletionStage<Boolean> unsteer(String match) {
    return control.submit(() -> binding.port().rxQueue(queue).unsteer(match));
  }

  @Override
  public CompletionStage<Boolean> filter(String match) {
    return control.submit(() -> binding.port().rxQueue(queue).filter(match));
  }

  @Override
  public CompletionStage<Boolean> unfilter(String match) {
    return control.submit(() -> binding.port().rxQueue(queue).unfilter(match));
  }

  @Override
  public Optional<String> filtering() {
    return Optional.ofNullable(binding.port().rxQueue(queue).filtering());
  }

  @Override
  public boolean fillsInOrder() {
    return binding.port().rxQueue(queue).fillsInOrder();
  }

  private static GuestHandle handle(GuestPort guest) {
    if (guest instanceof GuestHandle handle && handle.isUp()) {
      return handle;
    }
    throw new IllegalStateException("guest " + guest.name() + " is gone: wait for guestUp");
  }

  private CompletionStage<Void> change(Runnable work) {
    Supplier<Void> supplier =
        () -> {
          work.run();
          return null;
        };
    return control.submit(supplier);
  }
}
