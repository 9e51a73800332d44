// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.CopyReason;
import io.iovtee.api.GuestPort;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.verticles.iovtee.Explanation.Check;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What must hold before a mapping is tried: conditions that can be read off the switch without
 * touching a queue. The same list answers the operator's question why a queue is not mapped.
 */
final class MappingChecks {
  private static final String PROOF = "isolation_proof";
  private static final String GUEST = "guest_connected";
  private static final String RULES = "rules_agree";
  private static final String ORDER = "completion_order";

  private final List<Check> checks = new ArrayList<>();
  private @Nullable MappingReason failure;
  private @Nullable Check failed;

  private MappingChecks() {}

  /**
   * Makes all checks.
   *
   * @param context the switch, for what it has instead of a port that is not there
   * @param foreignFrame what was seen when a foreign frame ended this mapping; empty if none did
   */
  static MappingChecks make(
      MappingRequest request,
      SwitchContext context,
      Optional<RxQueueControl> queue,
      Optional<GuestPort> guest,
      Optional<String> foreignFrame) {
    MappingChecks made = new MappingChecks();
    made.checkMode(request);
    made.checkNoForeignFrame(request, foreignFrame);
    made.checkQueue(request, context, queue);
    made.checkGuest(request, context, guest);
    made.checkGuestQueue(request, guest);
    made.checkOrder(request, queue, guest, context.flows()::overlapping);
    made.checkPollLoop(request, queue, guest);
    made.checkProof(request, queue);
    made.checkRules(request, queue, context.flows()::overlapping);
    made.checkNotTaken(request, queue);
    return made;
  }

  /** Each check, in order. */
  List<Check> all() {
    return checks;
  }

  /** The reason of the first check that failed; null when all hold. */
  @Nullable MappingReason failure() {
    return failure;
  }

  /** The first check that failed, in one sentence; empty when all hold. */
  String failureDetail() {
    return failed == null ? "" : failed.detail() + "; " + failed.remedy();
  }

  private void pass(String name, String detail) {
    checks.add(Check.passed(name, detail));
  }

  private void fail(MappingReason reason, String name, String detail, String remedy) {
    Check check = Check.failed(name, detail, remedy);
    checks.add(check);
    if (failure == null) {
      failure = reason;
      failed = check;
    }
  }

  private void checkMode(MappingRequest request) {
    if (request.mode() == MappingMode.OFF) {
      fail(
          MappingReason.MODE_OFF,
          "mode",
          "the mapping's mode is off",
          "pin the mapping on, or unpin it to let the advisor decide");
    } else {
      pass("mode", "the mapping's mode is " + request.mode().label());
    }
  }

  private void checkNoForeignFrame(MappingRequest request, Optional<String> foreignFrame) {
    if (foreignFrame.isPresent()) {
      fail(
          MappingReason.FOREIGN_FRAME,
          "no_foreign_frame",
          foreignFrame.get(),
          "find out why the NIC put it into queue "
              + request.queue()
              + " (steering entry, promiscuous mode, rule order), then pin or unpin the mapping");
    } else {
      pass("no_foreign_frame", "no frame for somebody else has ended this mapping");
    }
  }

  private void checkQueue(
      MappingRequest request, SwitchContext context, Optional<RxQueueControl> queue) {
    if (isGone(request.queue().port(), context, queue)) {
      fail(
          MappingReason.INTERFACE_GONE,
          "queue_exists",
          "the interface of port " + request.queue().port() + " is gone",
          "make an interface of that name again: the port opens by itself");
    } else if (queue.isEmpty()) {
      fail(
          MappingReason.QUEUE_ABSENT,
          "queue_exists",
          "there is no NIC queue " + request.queue(),
          "'iovtee queue list' shows those there are");
    } else {
      pass("queue_exists", "queue " + request.queue() + " is there");
    }
  }

  /** A switch may take a NIC's queues away with its interface. */
  private static boolean isGone(
      String port, SwitchContext context, Optional<RxQueueControl> queue) {
    return queue
        .map(RxQueueControl::isGone)
        .orElseGet(() ->
            context.ports().stream()
                .anyMatch(one ->
                    one.name().equals(port)
                        && "interface is gone".equals(one.details().get("state"))));
  }

  private void checkGuest(
      MappingRequest request, SwitchContext context, Optional<GuestPort> guest) {
    if (guest.isPresent()) {
      pass(GUEST, "the guest's receive ring on port " + request.guest() + " runs");
      return;
    }
    Set<String> guestPorts = new TreeSet<>();
    context.ports().forEach(port -> guestPorts.add(port.name()));
    context.rxQueues().forEach(queue -> guestPorts.remove(queue.port()));
    if (guestPorts.contains(request.guest())) {
      fail(
          MappingReason.GUEST_ABSENT,
          GUEST,
          "no guest is connected to port " + request.guest(),
          "start the network function; 'iovtee port list' says why the port's link is down");
    } else {
      fail(
          MappingReason.PORT_ABSENT,
          GUEST,
          "there is no guest port " + request.guest() + "; guest ports: " + guestPorts,
          "add the port, or remove this mapping and name another port");
    }
  }

  private void checkGuestQueue(MappingRequest request, Optional<GuestPort> connected) {
    if (connected.isEmpty()) {
      checks.add(Check.pending("guest_queue_usable", "the guest is not connected"));
      return;
    }
    GuestPort guest = connected.get();
    if (request.queuePair() >= guest.queuePairs()) {
      fail(
          MappingReason.QUEUE_PAIR_ABSENT,
          "guest_queue_usable",
          "guest "
              + guest.name()
              + " runs "
              + guest.queuePairs()
              + " queue pairs, queue pair "
              + request.queuePair()
              + " is not among them",
          "map another queue pair, or start the network function with more");
    } else {
      pass(
          "guest_queue_usable",
          "queue pair "
              + request.queuePair()
              + " of "
              + guest.queuePairs()
              + ", "
              + guest.ringSize(request.queuePair())
              + " ring entries");
    }
  }

  /** A buffer with somebody else's frame could not be passed over in silence. */
  private void checkOrder(
      MappingRequest request,
      Optional<RxQueueControl> queue,
      Optional<GuestPort> guest,
      RuleProof.Rules rules) {
    if (queue.isEmpty() || guest.isEmpty()) {
      checks.add(Check.pending(ORDER, "queue or guest is not there"));
    } else if (!guest.get().inOrder()) {
      pass(ORDER, "the guest takes its buffers back in any order");
    } else if (!queue.get().fillsInOrder()) {
      fail(
          MappingReason.ORDER_UNPROVEN,
          ORDER,
          "guest "
              + request.guest()
              + " negotiated VIRTIO_F_IN_ORDER, and queue "
              + request.queue()
              + " may fill buffers in another order than they were posted",
          CompletionOrder.WITHOUT);
    } else {
      CompletionOrder.missing(request, queue.get(), rules)
          .ifPresentOrElse(
              why -> fail(MappingReason.ORDER_UNPROVEN, ORDER, why, CompletionOrder.remedy()),
              () ->
                  pass(ORDER, "in order: by the rules all that gets in is for " + request.guest()));
    }
  }

  private void checkPollLoop(
      MappingRequest request, Optional<RxQueueControl> queue, Optional<GuestPort> guest) {
    if (queue.isEmpty() || guest.isEmpty()) {
      checks.add(Check.pending("same_poll_loop", "queue or guest is not there"));
      return;
    }
    String queueLoop = queue.get().pollLoop();
    String guestLoop = guest.get().pollLoop();
    if (queueLoop.equals(guestLoop)) {
      pass("same_poll_loop", "both are on loop " + queueLoop);
    } else {
      fail(
          MappingReason.POLL_LOOP_DIFFERS,
          "same_poll_loop",
          "queue "
              + request.queue()
              + " is on loop "
              + queueLoop
              + ", guest "
              + request.guest()
              + " on loop "
              + guestLoop,
          "give port "
              + request.guest()
              + " the key 'loop' of the queue's loop, or map a queue of "
              + guestLoop);
    }
  }

  private void checkProof(MappingRequest request, Optional<RxQueueControl> queue) {
    if (queue.isEmpty()) {
      checks.add(Check.pending(PROOF, "the queue is not there"));
      return;
    }
    String isolation = request.isolation().label();
    switch (IsolationPolicy.proofFor(request, queue.get())) {
      case QUEUE_FILTERS -> pass(PROOF, isolation + ": " + queue.get().filtering().orElse(""));
      case STEERING_POSSIBLE -> {
        if (request.isolation() == Isolation.STRICT) {
          String match = request.match().orElse("");
          checks.add(Check.pending(PROOF, "strict: not yet steered or filtered by " + match));
        } else {
          pass(PROOF, isolation + ": needs none");
        }
      }
      case NOT_NEEDED -> pass(PROOF, isolation + ": needs none");
      case MISSING ->
          fail(
              MappingReason.ISOLATION_PROOF_MISSING,
              PROOF,
              IsolationPolicy.missing(request, null, List.of()),
              IsolationPolicy.remedy());
    }
  }

  /** Without a proof that something filters there is nothing to compare the rules with. */
  private void checkRules(
      MappingRequest request, Optional<RxQueueControl> queue, RuleProof.Rules rules) {
    if (request.isolation() != Isolation.STRICT) {
      pass(RULES, request.isolation().label() + ": needs none");
      return;
    }
    if (queue.isEmpty()
        || IsolationPolicy.proofFor(request, queue.get()) == IsolationPolicy.Proof.MISSING) {
      checks.add(Check.pending(RULES, "nothing says which frames get in"));
      return;
    }
    Optional<String> missing = IsolationPolicy.missingInRules(request, queue.get(), rules);
    if (missing.isPresent()) {
      fail(
          MappingReason.ISOLATION_PROOF_MISSING,
          RULES,
          missing.get(),
          IsolationPolicy.rulesRemedy());
    } else {
      pass(RULES, "strict: all that gets in is for " + request.guest() + " by the rules");
    }
  }

  private void checkNotTaken(MappingRequest request, Optional<RxQueueControl> queue) {
    if (queue.isEmpty()) {
      checks.add(Check.pending("queue_free", "the queue is not there"));
      return;
    }
    Optional<String> attached = queue.get().attachedGuest();
    if (attached.isPresent() && !attached.get().equals(request.guest())) {
      fail(
          MappingReason.QUEUE_TAKEN,
          "queue_free",
          "the queue reaches the memory of guest " + attached.get(),
          "remove that guest's mapping first");
    } else {
      pass("queue_free", "no other guest's memory is in the queue's reach");
    }
  }

  /** What an attempt found out of the proof, unless the rules are what is missing. */
  static void replaceProof(List<Check> checks, String missing) {
    if (checks.stream().anyMatch(c -> c.name().equals(RULES) && !c.remedy().isEmpty())) {
      return;
    }
    checks.replaceAll(check ->
        check.name().equals(PROOF) && check.remedy().isEmpty()
            ? Check.failed(PROOF, missing, IsolationPolicy.remedy())
            : check);
  }

  /** What the mapping's own attempts came to. */
  static Check lending(MappingProgress progress, boolean stepPending, int outstanding) {
    String detail = progress.detail().isEmpty() ? "" : ": " + progress.detail();
    if (progress.is(MappingState.ACTIVE)) {
      return Check.passed("lending", outstanding + " guest buffers are with the NIC" + detail);
    }
    String what = progress.state().label() + ", " + progress.reason().label() + detail;
    return stepPending || progress.is(MappingState.REQUESTED)
        ? Check.pending("lending", what)
        : Check.failed("lending", what, "it is tried again by itself when the cause ends");
  }

  /** What the advisor measured. */
  static Check advice(MappingMode mode, List<String> report) {
    return mode == MappingMode.AUTO
        ? Check.passed("measured", String.join("; ", report))
        : Check.pending("measured", "the mapping's mode is " + mode.label());
  }

  /** What the guest's buffers are like, as far as any were looked at. */
  static Check buffers(@Nullable SourceCounters counters) {
    String name = "buffers_eligible";
    if (counters == null) {
      return Check.pending(name, "no buffer was looked at yet");
    }
    StringBuilder what = new StringBuilder();
    what.append(counters.lent())
        .append(" lent, ")
        .append(counters.foreign())
        .append(" with foreign frames, ")
        .append(counters.ineligible())
        .append(" refused");
    for (CopyReason reason : CopyReason.values()) {
      if (counters.ineligible(reason) > 0) {
        what.append(", ").append(reason.label()).append('=').append(counters.ineligible(reason));
      }
    }
    return counters.ineligible() == 0
        ? Check.passed(name, what.toString())
        : Check.failed(
            name,
            what.toString(),
            "frames for refused buffers are copied; buffer_too_short: post larger buffers or lower"
                + " the MTU, chained_descriptors: turn mergeable buffers off");
  }
}
