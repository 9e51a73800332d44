// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.memory.HostPool;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FrameTraceTest {
  private static final List<String> PORTS = List.of("uplink", "nf1", "nf2");
  private static final int[] NUMBERS = {1, 2, 3};

  private static FrameTrace trace(String rules, MacTable macs) {
    Classifier classifier =
        Classifier.compile(FlowRuleParser.parseRules(rules), FrameTraceTest::number);
    return new FrameTrace(FlowProgram.of(classifier, FrameTraceTest::number), macs, 0, NUMBERS);
  }

  private static int number(String port) {
    return PORTS.indexOf(port) + 1;
  }

  /** Ports 2 and 3 are guests with a running ring each; port 1 is a NIC. */
  private static TxQueue output(int port) {
    return new TxQueue() {
      @Override
      public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
        throw new AssertionError("a trace sends nothing");
      }

      @Override
      public Foreseen foresee(FrameBatch batch, int i, boolean mayTake) {
        if (port > 1 && mayTake && FrameAtHand.isHome(batch, i, port)) {
          return Foreseen.sent(Outcome.WRITTEN_THROUGH, 0);
        }
        int copied = port > 1 ? GuestOutput.copiedOutcome(batch, i) : Outcome.FORWARDED.ordinal();
        return Foreseen.sent(Outcome.values()[copied], 0);
      }

      @Override
      public int flush() {
        return 0;
      }
    };
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static List<Integer> ports(FrameTrace.Decision decision) {
    return decision.sent().stream().map(FrameTrace.Sent::port).sorted().toList();
  }

  @Test
  void tellsRulePortsAndBytes() {
    FrameTrace trace =
        trace(
            "priority=1,actions=normal\npriority=2,dl_type=0x88b5,actions=nf1,nf2", new MacTable());
    byte[] frame = bytes("020000000011 020000000022 88b5 0102");

    FrameTrace.Decision decision = trace.send(frame, 1);

    assertThat(decision.rule()).isEqualTo(1);
    assertThat(ports(decision)).containsExactly(2, 3);
    assertThat(decision.sent()).allSatisfy(sent -> assertThat(sent.bytes()).isEqualTo(frame));
    assertThat(decision.dropped()).isEqualTo(DropReason.NONE);
  }

  /** nf1 has number 2; what the data path does with such rules is in WriteThroughTest. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          output:nf1                                        | true
          output:nf1,output:nf2                             | true
          output:nf2,output:nf1                             | true
          output:nf1,mod_dl_src:02:00:00:00:00:99,output:nf2 | false
          output:nf2,mod_dl_src:02:00:00:00:00:99,output:nf1 | true
          mod_dl_src:02:00:00:00:00:99,output:nf1           | true
          output:nf1,mod_dl_src:02:00:00:00:00:99           | true
          output:nf1,mod_dl_src:02:00:00:00:00:99,output:nf1 | true
          push_vlan:0x8100,output:nf1                       | false
          output:nf1,push_vlan:0x8100,output:nf2            | false
          mirror:nf2,output:nf1                             | true
          punt,output:nf1                                   | true
          flood                                             | true
          normal                                            | true
          output:nf2                                        | false
          drop                                              | false
          """)
  void saysWhetherTheGuestWhoseBufferItIsCouldKeepIt(String actions, boolean published) {
    FrameTrace trace = trace("actions=" + actions, new MacTable());
    byte[] frame = bytes("020000000011 020000000022 88b5 0102");
    FrameTrace.Decision before = trace.send(frame, 1);
    NextBuffer lent = new NextBuffer(OwnerIds.receive(2, 0), (byte) 0, OwnerIds.receive(2, 0));
    Fate fate = trace.arrive(frame, 1, lent, FrameTraceTest::output);
    assertThat(fate.outcome() == Outcome.WRITTEN_THROUGH).isEqualTo(published);
    assertThat(ports(trace.send(frame, 1))).as("as before").isEqualTo(ports(before));
  }

  @Test
  void saysWhyNothingLeaves() {
    FrameTrace trace = trace("dl_type=0x88b5,actions=drop", new MacTable());

    assertThat(trace.send(bytes("020000000011 020000000022 88b5"), 1).dropped())
        .isEqualTo(DropReason.RULE);
    FrameTrace.Decision miss = trace.send(bytes("020000000011 020000000022 88b6"), 1);
    assertThat(miss.rule()).isEqualTo(Classifier.MISS);
    assertThat(miss.dropped()).isEqualTo(DropReason.NO_RULE);
    assertThat(trace.send(new byte[13], 1).dropped()).isEqualTo(DropReason.RUNT);
  }

  @Test
  void learnsInItsOwnCopyOnly() {
    MacTable macs = new MacTable();
    macs.learn(0x0200_0000_0011L, 3, 0);
    FrameTrace trace = trace("actions=normal", macs.copy());

    assertThat(ports(trace.send(bytes("020000000011 020000000022 88b5"), 1))).containsExactly(3);

    assertThat(macs.lookup(0x0200_0000_0022L, 0)).isZero();
  }

  @Test
  void refusesAFrameThatNoChunkHolds() {
    FrameTrace trace = trace("actions=normal", new MacTable());

    assertThatThrownBy(() -> trace.send(new byte[HostPool.FRAME_LENGTH_MAX + 1], 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1536");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0180c2000000 020000000022 0027 424203",
        "0180c200000f 020000000022 88cc 0000",
        "020000000011 020000000022 8100 a0",
        "020000000011 020000000022 88a8 a0"
      })
  void noBridgeForwardsThese(String frame) {
    FrameTrace trace = trace("actions=normal\n", new MacTable());
    assertThat(trace.send(bytes(frame), 1).sent()).isEmpty();

    FrameTrace among = trace("actions=output:nf1,normal,output:nf2\n", new MacTable());
    assertThat(ports(among.send(bytes(frame), 1))).containsExactly(2, 3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0180c2000010 020000000022 0027 424203",
        "020000000011 020000000022 8100 a005 0800",
        "020000000011 020000000022 88b5 a0"
      })
  void andTheseItDoes(String frame) {
    FrameTrace trace = trace("actions=normal\n", new MacTable());
    assertThat(ports(trace.send(bytes(frame), 1))).containsExactly(2, 3);
  }
}
