// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import io.iovtee.api.FrameVerdict;
import io.iovtee.api.FrameVerdict.Departure;
import io.iovtee.api.FrameVerdict.GroupVisit;
import io.iovtee.verticles.iovtee.Explanation.Check;
import io.iovtee.verticles.iovtee.Explanation.Result;
import java.util.List;
import java.util.Optional;

/**
 * Whether a traced frame would be written through if it came by one queue, and if not the first
 * reason.
 *
 * @param queue the queue, as {@code uplink/0}; the port alone if it has no NIC queues
 * @param detail why, or why not
 * @param remedy what to change; empty if nothing is to be changed
 */
public record WriteThroughCheck(
    String queue, boolean writtenThrough, String detail, String remedy) {

  /** For a port that is no NIC. */
  public static WriteThroughCheck notFromNic(String port) {
    return new WriteThroughCheck(
        port, false, "the frame comes from " + port + ", which is no NIC: it is copied", "");
  }

  /**
   * For a NIC's queue.
   *
   * @param mapping of that queue, if there is one
   */
  public static WriteThroughCheck of(
      FrameVerdict verdict, Explanation explanation, Optional<MappingStatus> mapping) {
    String queue = explanation.queue().toString();
    String guest = mapping.map(status -> status.request().guest()).orElse("");
    boolean mapped = explanation.mode().equals("mapped");
    List<Departure> toGuest =
        verdict.outputs().stream().filter(one -> one.port().equals(guest)).toList();
    if (verdict.outputs().isEmpty()) {
      return no(queue, "nobody gets the frame: " + verdict.dropped().label(), "change the rule");
    }
    if (mapped && toGuest.isEmpty()) {
      boolean grouped = verdict.visits().stream().anyMatch(GroupVisit.class::isInstance);
      return no(
          queue,
          "the queue is filled by guest "
              + guest
              + ", the frame is for "
              + names(verdict)
              + (grouped ? " by a group's choice" : ""),
          grouped
              ? "steer the flows of other buckets to queues of their own, or let them be copied"
              : "steer such frames to another queue, or add output:" + guest + " to the rule");
    }
    boolean inPlace = toGuest.stream().anyMatch(Departure::inPlace);
    boolean longer = toGuest.stream().anyMatch(one -> one.frame().length != verdict.frame().length);
    if (mapped && !inPlace && !longer) {
      return no(
          queue,
          "guest " + guest + " gets a copy: the frame is changed, or sent on, after that output",
          "let output:" + guest + " be the last action");
    }
    if (mapped && !inPlace) {
      return no(
          queue,
          "the rule changes the frame's length: it needs room that the guest's buffer has not",
          "leave the tag alone in frames for " + guest);
    }
    if (mapped) {
      return new WriteThroughCheck(queue, true, explanation.summary(), "");
    }
    return explanation.checks().stream()
        .filter(check -> check.result() == Result.FAILED)
        .findFirst()
        .map((Check check) -> no(queue, check.name() + ": " + check.detail(), check.remedy()))
        .orElseGet(() -> no(queue, explanation.summary(), "wait, or see the explanation"));
  }

  private static WriteThroughCheck no(String queue, String detail, String remedy) {
    return new WriteThroughCheck(queue, false, detail, remedy);
  }

  private static String names(FrameVerdict verdict) {
    return String.join(", ", verdict.outputs().stream().map(Departure::port).toList());
  }
}
