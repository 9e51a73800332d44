// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.Arrival;
import io.iovtee.api.Arrival.Delivery;
import io.iovtee.api.Arrival.Entry;
import io.iovtee.api.DropReason;
import io.iovtee.vswitch.datapath.Fate;
import io.iovtee.vswitch.datapath.Foreseen;
import io.iovtee.vswitch.datapath.FrameTrace;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.datapath.NicRxQueue.Admission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * By which queues of its port a frame would come in, and what would become of it there: asked of
 * the NIC, of the queue's next buffer, and of the very outputs that it would be sent to. Control
 * thread.
 */
final class FrameArrivals {
  /** Queues of one port that are looked at; the others are like them. */
  private static final int QUEUES_MAX = 16;

  private final Function<String, @Nullable SwitchPort> ports;
  private final PortNumbers numbers;

  FrameArrivals(Function<String, @Nullable SwitchPort> ports, PortNumbers numbers) {
    this.ports = ports;
    this.numbers = numbers;
  }

  /** Queue pairs that a guest runs; 1 for other ports. */
  int queuePairs(String port) {
    return ports.apply(port) instanceof GuestSwitchPort guest
        ? guest.handle().map(GuestHandle::queuePairs).orElse(1)
        : 1;
  }

  /**
   * One for each queue of a NIC, for the first queue pair of a guest, none for other ports.
   *
   * @param trace with the rules that decide
   */
  List<Arrival> of(String inPort, FrameTrace trace, byte[] frame) {
    List<Arrival> arrivals = new ArrayList<>();
    SwitchPort port = ports.apply(inPort);
    if (port instanceof NicSwitchPort nic) {
      for (int queue = 0; queue < Math.min(nic.queues().size(), QUEUES_MAX); queue++) {
        arrivals.add(arrival(nic, queue, trace, frame));
      }
    } else if (port instanceof GuestSwitchPort guest) {
      Admission sure = new Admission(Entry.ENTERS, "");
      arrivals.add(arrival(0, sure, guest.binding().foresee(0, trace, frame), trace));
    }
    return arrivals;
  }

  private Arrival arrival(NicSwitchPort nic, int queue, FrameTrace trace, byte[] frame) {
    NicRxQueue hardware = nic.nic().rxQueue(queue);
    Admission admission = hardware.admission(frame);
    if (!admission.enters()) {
      return Arrival.none(queue, admission.entry(), admission.detail());
    }
    Admission only =
        nic.nic().rxQueues() > 1 ? admission : new Admission(Entry.ENTERS, admission.detail());
    return arrival(queue, only, nic.binding().foresee(queue, trace, frame), trace);
  }

  private Arrival arrival(
      int queue,
      Admission admission,
      CompletableFuture<Optional<Fate>> foreseen,
      FrameTrace trace) {
    Optional<Fate> found = foreseen.join();
    if (found.isEmpty()) {
      return Arrival.none(queue, Entry.NO_BUFFER, "no buffer is with the NIC");
    }
    Fate fate = found.get().decided(handed -> onItsLoop(handed.port(), trace, handed.bytes()));
    return new Arrival(
        queue,
        admission.entry(),
        admission.detail(),
        fate.lender() == 0 ? "" : numbers.name(fate.lender()),
        Optional.of(fate.outcome()),
        fate.copyReason(),
        fate.dropped(),
        fate.deliveries().stream().map(this::delivery).toList());
  }

  private Foreseen onItsLoop(int number, FrameTrace trace, byte[] frame) {
    SwitchPort port = ports.apply(numbers.name(number));
    return port == null
        ? Foreseen.dropped(DropReason.PORT_DOWN)
        : port.loop().foreseeHandedOver(trace, frame, number).join();
  }

  private Delivery delivery(Fate.Delivery delivery) {
    Foreseen is = delivery.foreseen();
    return new Delivery(numbers.name(delivery.port()), is.queuePair(), is.outcome(), is.dropped());
  }
}
