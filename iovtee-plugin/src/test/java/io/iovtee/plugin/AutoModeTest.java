// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.verticles.iovtee.Explanation.Check;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Mode auto against a loop whose costs the test knows. */
final class AutoModeTest extends MappingFixture {
  private static final double FLOOD = 1e9;
  private static final int HOUR_S = 3600;

  private final LoadModel load = new LoadModel(thread, queue);

  @BeforeEach
  void count() {
    context.setStats(load::stats);
  }

  /** Readings once a second, as the statistics verticle makes them. */
  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      tick();
      thread.advance(1000);
    }
  }

  private void flood(int frameLength, double copyNs, double writeNs) {
    load.offeredPps = FLOOD;
    load.frameLength = frameLength;
    load.copyNs = copyNs;
    load.writeNs = writeNs;
  }

  private void activateFlooded(int frameLength, double copyNs, double writeNs) {
    activate(Isolation.TRUSTED);
    flood(frameLength, copyNs, writeNs);
  }

  /** A loop that has time to spare, or not, by what the ways cost. */
  private void activateOffered(double pps, double copyNs, double writeNs) {
    activate(Isolation.TRUSTED);
    load.offeredPps = pps;
    load.copyNs = copyNs;
    load.writeNs = writeNs;
  }

  private void copyAfterATrial() {
    activateFlooded(64, 100, 150);
    pass(15);
    assertCopies();
  }

  /** Stops in the middle of the first trial's window of the other way. */
  private void beginTrial() {
    pass(5);
    tick();
    thread.advance(30);
    assertThat(queue.isLending()).as("the trial copies").isFalse();
  }

  /** A strict mapping whose queue the NIC steers frames into. */
  private void activateStrict() {
    queue.setCanSteer(true);
    connect();
    done(engine.request(request(Isolation.STRICT, Optional.of(MATCH))));
    thread.run();
  }

  private List<MappingStatus> verdicts() {
    return transitions.stream()
        .filter(one ->
            one.reason() == MappingReason.COPY_FASTER
                || one.reason() == MappingReason.WRITE_THROUGH_NOT_SLOWER)
        .toList();
  }

  private void assertCopies() {
    assertState(MappingState.FALLBACK, MappingReason.COPY_FASTER);
    assertThat(queue.isLending()).isFalse();
  }

  private void assertNotMeasured() {
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(load.changes()).isEqualTo(1);
  }

  @Test
  void copiesWhereThatIsFasterAndSaysBothFigures() {
    activateFlooded(64, 100, 105);
    pass(15);
    assertCopies();
    assertThat(status().detail())
        .contains("0-127 B", "write-through 9.5", "105.0 ns", "copy 10.0", "100.0 ns", "worse");
    assertThat(queue.attachedGuest()).contains("nf1");
    assertThat(done(engine.explain(new QueueId("uplink", 0))).checks())
        .filteredOn(check -> check.name().equals("measured"))
        .extracting(Check::detail)
        .first()
        .asString()
        .contains("copy for 0-127 B", "median of");
  }

  @Test
  void staysWithWriteThroughWhereThatIsFasterAndSaysSoOnce() {
    activateFlooded(1514, 300, 150);
    pass(HOUR_S);
    assertState(MappingState.ACTIVE, MappingReason.WRITE_THROUGH_NOT_SLOWER);
    assertThat(queue.isLending()).isTrue();
    assertThat(status().detail()).contains("better");
    assertThat(verdicts()).hasSize(1);
  }

  @Test
  void aDifferenceBelowTheHysteresisChangesNothing() {
    activateFlooded(64, 100, 100.8);
    pass(15);
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
    flood(64, 100, 101.2);
    pass(2 * HOUR_S);
    assertCopies();
    flood(64, 100.8, 100);
    pass(2 * HOUR_S);
    assertCopies();
  }

  /** The promise: at most 2 % below copying, all trials included. */
  @Test
  void costsLessThanTwoPercentInTheLongRun() {
    activateFlooded(64, 100, 200);
    pass(60);
    assertCopies();
    long before = load.writeThroughMs();
    pass(HOUR_S);
    double shareOfWorseWay = (load.writeThroughMs() - before) / (HOUR_S * 1000.0);
    assertThat(shareOfWorseWay / 2).isPositive().isLessThan(0.01 - 0.009);
  }

  @Test
  void trialsBecomeRareWhileTheVerdictStands() {
    activateFlooded(64, 100, 150);
    pass(HOUR_S);
    long firstHour = load.changes();
    pass(HOUR_S);
    int trialsInAnHour = HOUR_S * 1000 / (int) ModeAdvisor.INTERVAL_MS_MAX + 1;
    int changesInATrial = 4;
    assertThat(load.changes() - firstHour)
        .isPositive()
        .isLessThanOrEqualTo((long) trialsInAnHour * changesInATrial);
  }

  @Test
  void eachFrameSizeHasItsOwnVerdict() {
    activateFlooded(64, 100, 110);
    pass(30);
    assertCopies();
    flood(1514, 300, 150);
    pass(30);
    assertState(MappingState.ACTIVE, MappingReason.WRITE_THROUGH_NOT_SLOWER);
    assertThat(status().detail()).contains("from 1280 B", "write-through 6.", "copy 3.");
    long measured = load.changes();
    flood(64, 100, 110);
    pass(3);
    assertCopies();
    flood(1514, 300, 150);
    pass(3);
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
    assertThat(load.changes() - measured).as("known verdicts need no trial").isEqualTo(2);
  }

  @Test
  void noiseDoesNotTurnTheQueueToAndFro() {
    activateFlooded(512, 100, 100);
    load.noise = 0.008;
    pass(4 * HOUR_S);
    assertThat(verdicts()).extracting(MappingStatus::detail).hasSize(1);
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
  }

  @Test
  void nothingIsMeasuredWithoutTraffic() {
    activateOffered(40_000, 30_000, 60_000);
    pass(HOUR_S);
    assertNotMeasured();
    load.offeredPps = 0;
    pass(60);
    assertThat(load.changes()).isEqualTo(1);
  }

  /** Half idle: batches are small, and what a frame costs says nothing about a full loop. */
  @Test
  void aLoopWithTimeToSpareIsNotMeasured() {
    activateOffered(1_000_000, 100, 400);
    pass(HOUR_S);
    assertNotMeasured();
  }

  /** Between half and full the rate is the sender's; what a frame costs decides. */
  @Test
  void aLoopThatIsNotFullIsJudgedByCost() {
    activateOffered(1_000_000, 600, 800);
    pass(15);
    assertCopies();
    assertThat(status().detail()).contains("by cost", "1.000 Mpps");
  }

  /** Write-through is cheaper here, but the sender gets less back: it waits for the guest. */
  @Test
  void aCheaperWayThatDeliversLessDoesNotWin() {
    activateOffered(1_000_000, 800, 600);
    load.writtenPart = 0.9;
    pass(15);
    assertCopies();
    assertThat(status().detail()).contains("by rate", "5 pairs", "10.0 % worse");
  }

  /** As above, but the guest's pace wavers: in some pair more may arrive by write-through. */
  @Test
  void aCheaperWayThatMostlyDeliversLessDoesNotWin() {
    activateOffered(1_000_000, 800, 600);
    load.writtenPart = 0.95;
    load.partNoise = 0.055;
    pass(15);
    assertCopies();
    assertThat(status().detail()).contains("by rate", "5 pairs");
  }

  /** While another program has the core for a tenth of the time no reading counts. */
  @Test
  void aCoreThatIsTakenIsNotMistakenForASlowWay() {
    activateFlooded(64, 100, 150);
    load.taken = 0.1;
    pass(HOUR_S);
    assertNotMeasured();
    load.taken = 0;
    pass(15);
    assertCopies();
  }

  @Test
  void whereTheSystemDoesNotTellOfTakenCoresNothingIsMeasured() {
    activateFlooded(64, 100, 150);
    load.tellsTaken = false;
    pass(HOUR_S);
    assertNotMeasured();
  }

  /** Buffers of the other way that are still with the NIC make a mixture. */
  @Test
  void aMixtureOfBothWaysGivesNoVerdict() {
    activateFlooded(64, 100, 150);
    load.mixedShare = 0.05;
    pass(60);
    assertThat(verdicts()).isEmpty();
    assertThat(done(engine.explain(new QueueId("uplink", 0))).checks())
        .extracting(Check::detail)
        .anySatisfy(detail -> assertThat(detail).contains("no result for 0-127 B", "5.0 %"));
  }

  /** A verdict by cost does not bind a loop that has become full. */
  @Test
  void aNewLoadIsMeasuredAgainAfterAMinute() {
    activateOffered(1_000_000, 700, 600);
    pass(HOUR_S);
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
    flood(64, 100, 120);
    pass(75);
    assertCopies();
  }

  /** As when the hypervisor moves a core: write-through was better, and now copying is. */
  @Test
  void aFullLoopThatDeliversMuchLessIsMeasuredAgainAtOnce() {
    activateFlooded(64, 100, 80);
    pass(HOUR_S);
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
    flood(64, 200, 250);
    pass(8);
    assertCopies();
  }

  @Test
  void aFullLoopThatDeliversALittleLessKeepsItsVerdict() {
    activateFlooded(64, 100, 80);
    pass(HOUR_S);
    long trialsBefore = load.changes();
    flood(64, 80, 96);
    pass(8);
    assertThat(load.changes()).isEqualTo(trialsBefore);
  }

  @Test
  void ratesThatChangeAllTheTimeDoNotKeepTheQueueInTrials() {
    activateFlooded(64, 100, 90);
    int halfMinutes = 2 * 60;
    for (int i = 0; i < halfMinutes; i++) {
      flood(64, i % 2 == 0 ? 200 : 100, i % 2 == 0 ? 180 : 90);
      pass(30);
    }
    int trials = 1 + 2 * 7; // 20 s, 40 s … 640 s, 16 minutes, twice
    int changesInATrial = 6;
    assertThat(load.changes()).isPositive().isLessThanOrEqualTo((long) trials * changesInATrial);
  }

  @Test
  void pinningInTheMiddleOfATrialEndsIt() {
    activateFlooded(64, 100, 150);
    beginTrial();
    done(engine.pin("uplink:0", MappingMode.ON));
    assertThat(queue.isLending()).isTrue();
    pass(60);
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
    assertThat(verdicts()).isEmpty();
  }

  @Test
  void pinningOffAndOnOverrulesTheVerdict() {
    copyAfterATrial();
    done(engine.pin("uplink:0", MappingMode.ON));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    done(engine.unpin("uplink:0"));
    pass(5);
    assertCopies();
    done(engine.pin("uplink:0", MappingMode.OFF));
    assertState(MappingState.FALLBACK, MappingReason.MODE_OFF);
  }

  @Test
  void aGuestThatGoesEndsATrial() {
    activateFlooded(64, 100, 150);
    beginTrial();
    disconnect();
    long changes = load.changes();
    pass(30);
    assertThat(status().state()).isEqualTo(MappingState.REQUESTED);
    assertThat(load.changes() - changes).isLessThanOrEqualTo(1);
    connect();
    assertThat(queue.isLending()).isTrue();
  }

  @Test
  void whatChangesNothingForTheMappingLeavesTheVerdict() {
    copyAfterATrial();
    rules("in_port=uplink,actions=output:nf1", "in_port=nf2,actions=output:uplink");
    engine.on(new SwitchEvent.RulesChanged(2));
    thread.run();
    assertCopies();
  }

  /** A halted source must not be set going again by a mere change of the way. */
  @Test
  void aForeignFrameInATrialEndsAStrictMapping() {
    activateStrict();
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
    flood(64, 100, 100);
    queue.refill();
    beginTrial();
    assertThat(queue.receive(64, false)).isEqualTo(Outcome.COPIED_MISDIRECTED);
    thread.advance(3000);
    assertThat(queue.refill()).as("buffers lent after the foreign frame").isZero();
    pass(2);
    assertState(MappingState.FALLBACK, MappingReason.FOREIGN_FRAME);
    assertThat(queue.attachedGuest()).isEmpty();
  }

  /** Copying by a verdict does not loosen the proof: a rule that breaks it costs the memory. */
  @Test
  void aRuleThatBreaksTheProofTakesTheMemoryWhileItCopies() {
    activateStrict();
    flood(64, 100, 150);
    pass(15);
    assertCopies();
    assertThat(queue.attachedGuest()).contains("nf1");
    rules("in_port=uplink,actions=output:nf2");
    assertThat(queue.attachedGuest()).isEmpty();
    engine.on(new SwitchEvent.RulesChanged(2));
    thread.run();
    assertState(MappingState.FALLBACK, MappingReason.ISOLATION_PROOF_MISSING);
  }
}
