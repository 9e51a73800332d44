// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Arrival;
import io.iovtee.api.Arrival.Entry;
import io.iovtee.api.CopyReason;
import io.iovtee.api.DropReason;
import io.iovtee.api.FrameVerdict;
import io.iovtee.api.FrameVerdict.Departure;
import io.iovtee.api.Outcome;
import io.iovtee.verticles.iovtee.Explanation.Check;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class WriteThroughCheckTest {
  private static final QueueId QUEUE = new QueueId("uplink", 0);
  private static final byte[] FRAME = new byte[60];

  private static Arrival arrival(String lender, Outcome outcome) {
    return arrival(lender, outcome, CopyReason.NONE, DropReason.NONE);
  }

  private static Arrival arrival(
      String lender, Outcome outcome, CopyReason copied, DropReason dropped) {
    return new Arrival(
        0, Entry.ENTERS, "", lender, Optional.of(outcome), copied, dropped, List.of());
  }

  private static WriteThroughCheck check(String mode, Arrival arrival, Departure... departures) {
    FrameVerdict verdict =
        new FrameVerdict(
            "uplink",
            FRAME,
            "",
            false,
            List.of(),
            List.of(),
            Optional.empty(),
            List.of(),
            false,
            departures.length == 0 ? DropReason.RULE : DropReason.NONE,
            List.of(departures),
            List.of(arrival));
    Explanation explanation =
        new Explanation(
            QUEUE,
            mode,
            "nf1",
            "the summary",
            List.of(
                Check.passed("mode", "on"),
                Check.failed("buffers_eligible", "all refused", "larger buffers")));
    return WriteThroughCheck.of(verdict, explanation);
  }

  private static void assertNot(WriteThroughCheck check, String detail, String remedy) {
    assertThat(check.writtenThrough()).isFalse();
    assertThat(check.detail()).contains(detail);
    assertThat(check.remedy()).contains(remedy);
  }

  @Test
  void forTheGuestThatFillsTheQueue() {
    WriteThroughCheck check =
        check("mapped", arrival("nf1", Outcome.WRITTEN_THROUGH), new Departure("nf1", 0, FRAME));

    assertThat(check.writtenThrough()).isTrue();
    assertThat(check.detail()).isEqualTo("the summary");
  }

  @Test
  void forAGuestThatLendsNoMoreButWhoseBuffersTheNicStillHas() {
    WriteThroughCheck check =
        check("copy", arrival("nf1", Outcome.WRITTEN_THROUGH), new Departure("nf1", 0, FRAME));

    assertThat(check.writtenThrough()).isTrue();
    assertThat(check.detail()).contains("a buffer of nf1 that the NIC still holds", "the summary");
  }

  @Test
  void notIfTheGuestGetsACopyBeforeTheFrameIsChanged() {
    assertNot(
        check(
            "mapped",
            arrival("nf1", Outcome.COPIED_MISDIRECTED),
            new Departure("nf1", 0, FRAME),
            new Departure("nf2", 0, FRAME)),
        "guest nf1 gets a copy",
        "let output:nf1 be the last action");
  }

  @Test
  void notForAnother() {
    assertNot(
        check("mapped", arrival("nf1", Outcome.COPIED_MISDIRECTED), new Departure("nf2", 0, FRAME)),
        "filled by guest nf1, the frame is for nf2",
        "output:nf1");
  }

  @Test
  void notWhenTheFrameGrows() {
    assertNot(
        check(
            "mapped",
            arrival("nf1", Outcome.COPIED_MISDIRECTED),
            new Departure("nf1", 0, new byte[64])),
        "longer",
        "push no tag on frames for nf1, or set plugins.iovtee.reserve");
  }

  @Test
  void notWhenNobodyGetsIt() {
    assertNot(
        check("mapped", arrival("nf1", Outcome.DROPPED, CopyReason.NONE, DropReason.RULE)),
        "nobody gets the frame: rule",
        "change the rule");
    assertNot(
        check(
            "mapped",
            arrival("nf1", Outcome.DROPPED, CopyReason.NONE, DropReason.NO_GUEST_BUFFER),
            new Departure("nf2", 0, FRAME)),
        "no_guest_buffer",
        "post more buffers");
  }

  @Test
  void notOnAQueueThatIsNotMapped() {
    assertNot(
        check("copy", arrival("", Outcome.COPIED), new Departure("nf1", 0, FRAME)),
        "buffers_eligible: all refused",
        "larger buffers");
  }

  @Test
  void notFromABufferOfTheSwitchsOwn() {
    Departure toGuest = new Departure("nf1", 0, FRAME);
    Outcome copied = Outcome.COPIED_INELIGIBLE;
    assertNot(
        check("mapped", arrival("", copied, CopyReason.TRANSITION, DropReason.NONE), toGuest),
        "one of the switch's own: transition, posted before the queue lent",
        "wait");
    assertNot(
        check("mapped", arrival("", copied, CopyReason.NO_POSTED_BUFFER, DropReason.NONE), toGuest),
        "no_posted_buffer",
        "post more buffers");
    assertNot(
        check("mapped", arrival("", copied, CopyReason.TOO_SHORT, DropReason.NONE), toGuest),
        "buffer_too_short; all refused",
        "larger buffers");
  }

  @Test
  void notWhatTheQueueDoesNotGet() {
    for (Entry entry : Entry.values()) {
      if (entry != Entry.ENTERS && entry != Entry.MAY_ENTER) {
        WriteThroughCheck check =
            check("mapped", Arrival.none(0, entry, "because"), new Departure("nf1", 0, FRAME));
        assertNot(check, "not received here, " + entry.label() + ": because", "");
        assertThat(check.remedy()).isNotEmpty();
      }
    }
  }
}
