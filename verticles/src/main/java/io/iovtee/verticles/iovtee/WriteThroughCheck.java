// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import io.iovtee.api.Arrival;
import io.iovtee.api.CopyReason;
import io.iovtee.api.FrameVerdict;
import io.iovtee.api.FrameVerdict.Departure;
import io.iovtee.api.FrameVerdict.GroupVisit;
import io.iovtee.api.Outcome;
import io.iovtee.verticles.iovtee.Explanation.Check;
import io.iovtee.verticles.iovtee.Explanation.Result;
import java.util.List;
import java.util.Optional;

/**
 * What would become of a traced frame if it came by one queue, and if it would not be written
 * through the first reason. What becomes of it the switch says; why, the mapping's checks.
 *
 * @param queue the queue, as {@code uplink/0}; the port alone if it has no NIC queues
 * @param arrival what the switch says of it; empty if it says nothing
 * @param detail why, or why not
 * @param remedy what to change; empty if nothing is to be changed
 */
public record WriteThroughCheck(
    String queue, Optional<Arrival> arrival, boolean writtenThrough, String detail, String remedy) {

  /** For a port that is no NIC. */
  public static WriteThroughCheck notFromNic(FrameVerdict verdict) {
    String port = verdict.inPort();
    return new WriteThroughCheck(
        port,
        verdict.arrivals().stream().findFirst(),
        false,
        "the frame comes from " + port + ", which is no NIC: it is copied",
        "");
  }

  /** For a NIC's queue. */
  public static WriteThroughCheck of(FrameVerdict verdict, Explanation explanation) {
    int index = explanation.queue().queue();
    Optional<Arrival> arrival =
        verdict.arrivals().stream().filter(one -> one.queue() == index).findFirst();
    Reason why =
        arrival
            .map(known -> reason(verdict, known, explanation))
            .orElseGet(() -> notMapped(explanation));
    boolean inPlace =
        arrival.flatMap(Arrival::outcome).filter(Outcome.WRITTEN_THROUGH::equals).isPresent();
    return new WriteThroughCheck(
        explanation.queue().toString(), arrival, inPlace, why.detail(), why.remedy());
  }

  private record Reason(String detail, String remedy) {}

  private static Reason reason(FrameVerdict verdict, Arrival arrival, Explanation explanation) {
    Optional<Outcome> outcome = arrival.outcome();
    boolean mapped = explanation.mode().equals("mapped");
    if (outcome.isEmpty()) {
      return notReceived(arrival, explanation);
    }
    if (outcome.get() == Outcome.WRITTEN_THROUGH) {
      return new Reason(
          mapped
              ? explanation.summary()
              : "into a buffer of "
                  + arrival.lender()
                  + " that the NIC still holds; then "
                  + explanation.summary(),
          "");
    }
    if (outcome.get() == Outcome.DROPPED) {
      return new Reason(
          "nobody gets the frame: " + arrival.dropReason().label(), dropRemedy(arrival));
    }
    String guest = arrival.lender().isEmpty() && mapped ? explanation.guest() : arrival.lender();
    if (guest.isEmpty()) {
      return notMapped(explanation);
    }
    List<Departure> toGuest =
        verdict.outputs().stream().filter(one -> one.port().equals(guest)).toList();
    if (toGuest.isEmpty()) {
      return forOthers(verdict, guest);
    }
    return arrival.lender().isEmpty()
        ? inOwnBuffer(arrival.copyReason(), explanation)
        : copiedOut(verdict, toGuest, guest);
  }

  private static Reason notReceived(Arrival arrival, Explanation explanation) {
    String remedy =
        switch (arrival.entry()) {
          case ELSEWHERE -> "look at that queue, or steer such frames here by a mapping's match";
          case FILTERED ->
              "widen the mapping's match, or let such frames come in on a queue that is not mapped"
                  + " strictly";
          case TOO_LONG -> "lower the sender's MTU";
          case UNSERVED ->
              "'iovtee port list' says what is wrong with " + explanation.queue().port();
          case NO_BUFFER ->
              "let the guest post more buffers, or wait until the switch posts some of its own";
          case ENTERS, MAY_ENTER -> "";
        };
    String detail = "not received here, " + arrival.entry().label();
    return new Reason(
        arrival.detail().isEmpty() ? detail : detail + ": " + arrival.detail(), remedy);
  }

  private static String dropRemedy(Arrival arrival) {
    return switch (arrival.dropReason()) {
      case NO_GUEST_BUFFER -> "let the guest post more buffers";
      case GUEST_BUFFER_TOO_SMALL -> "let the guest post larger buffers, or lower the MTU";
      case PORT_DOWN -> "'iovtee port list' says why the port's link is down";
      default -> "change the rule";
    };
  }

  private static Reason forOthers(FrameVerdict verdict, String guest) {
    boolean grouped = verdict.visits().stream().anyMatch(GroupVisit.class::isInstance);
    return new Reason(
        "the queue is filled by guest "
            + guest
            + ", the frame is for "
            + names(verdict)
            + (grouped ? " by a group's choice" : ""),
        grouped
            ? "steer the flows of other buckets to queues of their own, or let them be copied"
            : "steer such frames to another queue, or add output:" + guest + " to the rule");
  }

  private static Reason copiedOut(FrameVerdict verdict, List<Departure> toGuest, String guest) {
    boolean longer = toGuest.stream().anyMatch(one -> one.frame().length > verdict.frame().length);
    return longer
        ? new Reason(
            "the rule makes the frame longer: it needs room that the guest's buffer may not have",
            "push no tag on frames for "
                + guest
                + ", or set plugins.iovtee.reserve to as many as come at once: each such frame"
                + " needs one of the posted buffers that are not lent")
        : new Reason(
            "guest " + guest + " gets a copy: the frame is changed, or sent on, after that output",
            "let output:" + guest + " be the last action");
  }

  private static Reason inOwnBuffer(CopyReason reason, Explanation explanation) {
    String detail = "the next buffer is one of the switch's own: " + reason.label();
    return switch (reason) {
      case NONE -> notMapped(explanation);
      case TRANSITION ->
          new Reason(detail + ", posted before the queue lent", "wait: frames use it up");
      case NO_POSTED_BUFFER -> new Reason(detail, "let the guest post more buffers");
      default ->
          failed(explanation)
              .map(check -> new Reason(detail + "; " + check.detail(), check.remedy()))
              .orElseGet(() -> new Reason(detail, "let the guest post other buffers"));
    };
  }

  private static Reason notMapped(Explanation explanation) {
    return failed(explanation)
        .map(check -> new Reason(check.name() + ": " + check.detail(), check.remedy()))
        .orElseGet(() -> new Reason(explanation.summary(), "wait, or see the explanation"));
  }

  private static Optional<Check> failed(Explanation explanation) {
    return explanation.checks().stream()
        .filter(check -> check.result() == Result.FAILED)
        .findFirst();
  }

  private static String names(FrameVerdict verdict) {
    return String.join(", ", verdict.outputs().stream().map(Departure::port).toList());
  }
}
