// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DropReason;
import io.iovtee.api.FrameVerdict;
import io.iovtee.api.FrameVerdict.Departure;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class WriteThroughCheckTest {
  private static final QueueId QUEUE = new QueueId("uplink", 0);
  private static final byte[] FRAME = new byte[60];

  private static FrameVerdict verdict(Departure... departures) {
    return new FrameVerdict(
        "uplink",
        FRAME,
        "",
        List.of(),
        List.of(),
        Optional.empty(),
        List.of(),
        false,
        departures.length == 0 ? DropReason.RULE : DropReason.NONE,
        List.of(departures));
  }

  private static WriteThroughCheck check(FrameVerdict verdict, String mode) {
    MappingRequest request =
        new MappingRequest(
            QUEUE, "nf1", 0, Isolation.TRUSTED, MappingMode.AUTO, Optional.empty(), Origin.HTTP);
    MappingStatus status =
        new MappingStatus(
            QUEUE.id(),
            request,
            MappingState.ACTIVE,
            MappingReason.LENDING,
            "",
            0,
            List.of(),
            Map.of());
    Explanation explanation = new Explanation(QUEUE, mode, "the summary", List.of());
    return WriteThroughCheck.of(verdict, explanation, Optional.of(status));
  }

  @Test
  void forTheGuestThatFillsTheQueue() {
    WriteThroughCheck check =
        check(
            verdict(new Departure("nf1", 0, new byte[60]), new Departure("nf2", 0, FRAME)),
            "mapped");

    assertThat(check.writtenThrough()).isTrue();
    assertThat(check.detail()).isEqualTo("the summary");
  }

  @Test
  void notIfTheGuestGetsACopyBeforeTheFrameIsChanged() {
    WriteThroughCheck check =
        check(
            verdict(
                new Departure("nf1", 0, new byte[60], false, false),
                new Departure("nf2", 0, FRAME)),
            "mapped");

    assertThat(check.writtenThrough()).isFalse();
    assertThat(check.detail()).contains("guest nf1 gets a copy");
    assertThat(check.remedy()).isEqualTo("let output:nf1 be the last action");
  }

  @Test
  void notForAnother() {
    WriteThroughCheck check = check(verdict(new Departure("nf2", 0, FRAME)), "mapped");

    assertThat(check.writtenThrough()).isFalse();
    assertThat(check.detail()).contains("filled by guest nf1", "is for nf2");
    assertThat(check.remedy()).contains("output:nf1");
  }

  @Test
  void notWhenTheLengthChanges() {
    WriteThroughCheck check =
        check(verdict(new Departure("nf1", 0, new byte[64], false, false)), "mapped");

    assertThat(check.writtenThrough()).isFalse();
    assertThat(check.detail()).contains("length");
  }

  @Test
  void notWhenNobodyGetsIt() {
    assertThat(check(verdict(), "mapped").detail()).isEqualTo("nobody gets the frame: rule");
  }

  @Test
  void notOnAQueueThatIsNotMapped() {
    assertThat(check(verdict(new Departure("nf1", 0, FRAME)), "copy").writtenThrough()).isFalse();
  }
}
