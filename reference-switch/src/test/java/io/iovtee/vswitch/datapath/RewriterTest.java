// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.linux.AddressSpace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a changed frame's bytes are written, and what its owner and each output see of it. */
final class RewriterTest {
  private static final List<String> PORTS = List.of("uplink", "nf1", "nf2");
  private static final int UPLINK = 1;
  private static final int NF1 = 2;
  private static final int RESIDENT = OwnerIds.receive(NF1, 0);
  private static final int LENT_BY_SENDER = OwnerIds.transmit(UPLINK, 0);
  private static final int OFFSET = 256;

  private static final String MACS = "020000000011 020000000022 ";
  private static final String TAGGED = "020000000011 020000000022 8100 0005 ";
  private static final String UDP =
      "0800 4500 002e 0001 0000 4011 66bc 0a000001 0a000002 1000 2000 001a 1234" + "00".repeat(18);

  private final MemorySegment memory = Arena.ofAuto().allocate(8192, 64);
  private final long address = memory.address() + OFFSET;
  private final FrameBatch batch = new FrameBatch();
  private final List<Seen> seen = new ArrayList<>();

  /** Bytes of the frames that an output was given, as it counts them. */
  private final List<Long> lengths = new ArrayList<>();

  /** What an output was given. */
  private record Seen(int port, String bytes, boolean mayTake, boolean inPlace) {}

  private final class Recorder implements TxQueue {
    private final int port;

    Recorder(int port) {
      this.port = port;
    }

    @Override
    public void transmit(FrameBatch frames, int[] index, int count, boolean mayTake) {
      for (int k = 0; k < count; k++) {
        int i = index[k];
        frames.copyTo(i, memory.address() + 4096);
        lengths.add(frames.bytes(index, 0, count));
        boolean inPlace = frames.address[i] == address;
        seen.add(new Seen(port, read(memory.address() + 4096, frames.length[i]), mayTake, inPlace));
        frames.raiseOutcome(i, Outcome.FORWARDED.ordinal());
      }
    }

    @Override
    public int flush() {
      return 0;
    }
  }

  private static int number(String port) {
    return PORTS.indexOf(port) + 1;
  }

  private static String read(long from, int length) {
    byte[] bytes = new byte[length];
    AddressSpace.copyToArray(from, bytes, 0, length);
    return HexFormat.of().formatHex(bytes);
  }

  private static String plain(String hex) {
    return hex.replace(" ", "");
  }

  private void run(String actions, String frame, int owner) {
    byte[] bytes = HexFormat.of().parseHex(plain(frame));
    Classifier classifier =
        Classifier.compile(FlowRuleParser.parseRules("actions=" + actions), RewriterTest::number);
    Pipeline pipeline =
        new Pipeline(FlowProgram.of(classifier, RewriterTest::number), new MacTable());
    for (int port = 1; port <= PORTS.size(); port++) {
      pipeline.setOutput(port, new Recorder(port));
    }
    AddressSpace.copyFromArray(bytes, 0, address, bytes.length);
    batch.add(address, bytes.length, 7, owner, (byte) 0);
    pipeline.process(batch, UPLINK, new InputCounters());
    pipeline.flushUsed();
    assertThat(batch.address[0]).as("the owner's place").isEqualTo(address);
    assertThat(batch.length[0]).as("the owner's length").isEqualTo(bytes.length);
  }

  private String inMemory(int length) {
    return read(address, length);
  }

  private String only() {
    assertThat(seen).hasSize(1);
    return seen.getFirst().bytes();
  }

  private static final String CHANGED = plain("0200000000ff 020000000022 " + UDP);

  @Test
  void aFrameInItsGuestsBufferIsChangedThere() {
    run("mod_dl_dst:02:00:00:00:00:ff,output:nf1", MACS + UDP, RESIDENT);

    assertThat(seen).containsExactly(new Seen(NF1, CHANGED, true, true));
    assertThat(inMemory(60)).isEqualTo(CHANGED);
  }

  /** Where the name says the protocol, a frame of another one has not the field. */
  @Test
  void thePortsOfAnotherProtocolStay() {
    String sets = "set_field:80->tcp_dst,set_field:81->sctp_src,set_field:0x2001->udp_dst,";
    run(sets + "output:nf1", MACS + UDP, RESIDENT);
    assertThat(only()).isEqualTo(plain(MACS + UDP).replace("10002000001a1234", "10002001001a1233"));
  }

  /** As in OVS {@code icmp_type} is that of ICMP for IPv4, also in a bucket, which has no match. */
  @ParameterizedTest
  @CsvSource({"icmp_type, 80001234", "icmpv6_type, 81001134"})
  void icmpTypeIsNotThatOfIpv6(String field, String becomes) {
    String echo = MACS + "86dd 6000000000083a40" + "fe80000000000000".repeat(4);
    run("set_field:129->%s,output:nf1".formatted(field), echo + "8000123400010002", RESIDENT);
    assertThat(only()).isEqualTo(plain(echo + becomes + "00010002"));
  }

  /** An output looks at the lengths while the frame is longer or shorter than it came. */
  @ParameterizedTest
  @ValueSource(strings = {"push_vlan:0x8100,output:nf1", "strip_vlan,output:nf1,output:nf2"})
  void aFrameIsCountedAsItCame(String actions) {
    String frame = TAGGED + UDP;
    run(actions, frame, FrameBatch.HOST_POOL);
    InputCounters counters = new InputCounters();
    counters.count(batch);
    assertThat(counters.bytes()).isEqualTo(plain(frame).length() / 2);
  }

  @Test
  void butNotWhenItGoesElsewhere() {
    run("mod_dl_dst:02:00:00:00:00:ff,output:nf2", MACS + UDP, RESIDENT);

    assertThat(only()).isEqualTo(CHANGED);
    assertThat(inMemory(60)).isEqualTo(plain(MACS + UDP));
  }

  @Test
  void aTagHasNoRoomInTheGuestsBuffer() {
    run("push_vlan:0x8100,output:nf1", MACS + UDP, RESIDENT);

    assertThat(seen).containsExactly(new Seen(NF1, plain(MACS + "8100 0000" + UDP), false, false));
    assertThat(inMemory(60)).isEqualTo(plain(MACS + UDP));
  }

  @Test
  void withoutItsTagAFrameMovesUpInTheGuestsBuffer() {
    run("strip_vlan,output:nf1", TAGGED + UDP, RESIDENT);

    assertThat(seen).containsExactly(new Seen(NF1, plain(MACS + UDP), true, true));
    assertThat(inMemory(60)).isEqualTo(plain(MACS + UDP));
  }

  /** Longer than the snapshot: what nobody looked at moves, too. */
  @ParameterizedTest
  @ValueSource(strings = {"strip_vlan,output:nf1", "strip_vlan,output:nf2,output:nf1"})
  void aLongFrameMovesAsAWhole(String actions) {
    String payload = "00112233445566778899aabbccddeeff".repeat(90);
    run(actions, TAGGED + UDP + payload, RESIDENT);

    assertThat(seen.getLast()).isEqualTo(new Seen(NF1, plain(MACS + UDP + payload), true, true));
    assertThat(seen).allMatch(one -> one.bytes().equals(plain(MACS + UDP + payload)));
  }

  @Test
  void aTagTakenAndOneGivenLeavesTheFrameInItsPlace() {
    run("strip_vlan,push_vlan:0x8100,mod_vlan_vid:9,output:nf1", TAGGED + UDP, RESIDENT);

    assertThat(seen).containsExactly(new Seen(NF1, plain(MACS + "8100 0009" + UDP), true, true));
  }

  @Test
  void withoutItsTagAFrameForAnotherGuestIsLeftAlone() {
    run("strip_vlan,output:nf2", TAGGED + UDP, RESIDENT);

    assertThat(only()).isEqualTo(plain(MACS + UDP));
    assertThat(inMemory(64)).isEqualTo(plain(TAGGED + UDP));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mod_dl_dst:02:00:00:00:00:ff,output:nf1",
        "push_vlan:0x8100,output:nf1,output:nf2",
        "mod_nw_ttl:3,output:nf2,mod_nw_dst:10.9.9.9,flood",
        "mod_vlan_vid:5,in_port"
      })
  void aSendersBufferIsNeverWritten(String actions) {
    run(actions, MACS + UDP, LENT_BY_SENDER);

    assertThat(seen)
        .isNotEmpty()
        .allSatisfy(one -> assertThat(one.bytes()).isNotEqualTo(plain(MACS + UDP)));
    assertThat(inMemory(60)).isEqualTo(plain(MACS + UDP));
  }

  @Test
  void aChunkOfOurOwnIsWrittenAndMayBeTaken() {
    run("push_vlan:0x88a8,output:nf1", MACS + UDP, FrameBatch.HOST_POOL);

    String tagged = plain(MACS + "88a8 0000" + UDP);
    assertThat(seen).containsExactly(new Seen(NF1, tagged, true, false));
    assertThat(read(address - 4, 64)).isEqualTo(tagged);
  }

  @ParameterizedTest
  @ValueSource(ints = {FrameBatch.HOST_POOL, 2 * 16, 16 + 1}) // ours, nf1's, the sender's
  void eachOutputSeesWhatStandsBeforeIt(int owner) {
    run(
        "output:nf1,mod_dl_dst:02:00:00:00:00:ff,output:nf2,push_vlan:0x8100,in_port",
        MACS + UDP,
        owner);

    assertThat(seen)
        .extracting(Seen::bytes)
        .containsExactly(
            plain(MACS + UDP), CHANGED, plain("0200000000ff 020000000022 8100 0000" + UDP));
    assertThat(seen).extracting(Seen::port).containsExactly(NF1, 3, UPLINK);
    assertThat(seen.get(0).mayTake()).isFalse();
    assertThat(seen.get(1).mayTake()).isFalse();
  }

  @Test
  void checksumsFollow() {
    run(
        "mod_nw_src:10.0.0.9,mod_tp_dst:0x2001,dec_ttl,output:nf1",
        MACS + UDP,
        FrameBatch.HOST_POOL);

    // TTL 0x40 to 0x3f, address 1 to 9, port 0x2000 to 0x2001: 0x66bc + 0x100 - 8, 0x1234 - 8 - 1.
    assertThat(only())
        .startsWith(
            plain(
                MACS + "0800 4500 002e 0001 0000 3f11 67b4 0a000009 0a000002 1000 2001 001a 122b"));
  }

  @Test
  void udpWithoutAChecksumStaysWithout() {
    run("mod_nw_src:10.0.0.9,output:nf1", MACS + UDP.replace("1234", "0000"), RESIDENT);

    assertThat(only()).contains("001a0000");
  }

  @Test
  void aChecksumThatBecomesZeroIsWrittenAsOnes() {
    // 0x1234 - 0x1234 = 0, which means "none" in UDP.
    run("mod_tp_src:0x2234,output:nf1", MACS + UDP, RESIDENT);

    assertThat(only()).contains("22342000001affff");
  }

  @Test
  void aTagKeepsItsDropEligibleBitUnlessItChanges() {
    String eligible = MACS + "8100 3005" + UDP;
    run("mod_vlan_pcp:5,mod_vlan_pcp:1,output:nf1", eligible, FrameBatch.HOST_POOL);
    assertThat(only()).isEqualTo(plain(eligible));

    seen.clear();
    batch.clear();
    run("mod_vlan_pcp:5,output:nf1,mod_vlan_pcp:1,output:nf2", eligible, FrameBatch.HOST_POOL);
    assertThat(seen)
        .extracting(Seen::bytes)
        .containsExactly(plain(MACS + "8100 a005" + UDP), plain(MACS + "8100 2005" + UDP));
  }

  @Test
  void theFrameEndsWhereItsTtlDoes() {
    String dying = (MACS + UDP).replace("4011 66bc", "0111 a5bc");
    run("output:nf1,dec_ttl,output:nf2", dying, RESIDENT);
    assertThat(only()).isEqualTo(plain(dying));

    seen.clear();
    batch.clear();
    run("dec_ttl,output:nf2", dying, RESIDENT);
    assertThat(seen).isEmpty();
    assertThat(DropReason.values()[batch.dropReason[0]]).isEqualTo(DropReason.TTL_EXPIRED);
  }

  @Test
  void headersBehindTheSnapshotAreNotMended() {
    // Ten words of 8 bytes hop-by-hop options: UDP starts at 14 + 40 + 80.
    String udp6 =
        "86dd 60000000 0060 00 40"
            + "20010db8000000000000000000000001".repeat(2)
            + "1109"
            + "00".repeat(78)
            + "1000 2000 0010 1234"
            + "00".repeat(8);
    run("set_field:2001:db8::9->ipv6_src,output:nf1", MACS + udp6, RESIDENT);

    assertThat(seen).isEmpty();
    assertThat(DropReason.values()[batch.dropReason[0]]).isEqualTo(DropReason.HEADERS_TOO_LONG);
    assertThat(inMemory(60)).isEqualTo(plain(MACS + udp6).substring(0, 120));
  }

  private static final String NEIGHBOUR =
      "86dd 60000000 0020 3a ff fe800000000000000000000000000001 ff0200000000000000000001ff000009";

  @Test
  void aNeighbourMessageIsChangedWithItsChecksum() {
    String solicitation = "8700 b8a7 00000000 fe800000000000000000000000000009 0101 020000000022";
    run(
        "set_field:fe80::a->nd_target,set_field:02:00:00:00:00:11->nd_sll,"
            + "set_field:0x60000000->nd_reserved,output:nf1",
        MACS + NEIGHBOUR + solicitation,
        RESIDENT);

    // 9 to a, 22 to 11, 0 to 6000: the checksum gets 1 - 0x11 + 0x6000 less.
    assertThat(only())
        .endsWith(plain("8700 58b7 60000000 fe80000000000000000000000000000a 0101 020000000011"));
    assertThat(inMemory(86)).isEqualTo(only());
  }

  @Test
  void theOptionOfTheOtherKindIsNotChanged() {
    String advertisement = "8800 57a7 60000000 fe800000000000000000000000000009 0101 020000000022";
    run(
        "set_field:02:00:00:00:00:11->nd_tll,set_field:2->nd_options_type,output:nf1",
        MACS + NEIGHBOUR + advertisement,
        RESIDENT);
    assertThat(only())
        .endsWith(plain("8800 56a7 60000000 fe800000000000000000000000000009 0201 020000000022"));
  }

  @Test
  void aNeighbourMessageWithoutOptionsOrOfAnotherKindHasNone() {
    String[] others = {
      "8700 b8a7 00000000 fe800000000000000000000000000009 0100 020000000022", // a bad length
      "8701 b8a7 00000000 fe800000000000000000000000000009 0101 020000000022", // another code
      "8900 b8a7 00000000 fe800000000000000000000000000009 0101 020000000022", // a redirect
    };
    for (String other : others) {
      seen.clear();
      batch.clear();
      run(
          "set_field:02:00:00:00:00:11->nd_sll,set_field:1->nd_options_type,output:nf1",
          MACS + NEIGHBOUR + other,
          RESIDENT);
      assertThat(only()).isEqualTo(plain(MACS + NEIGHBOUR + other));
    }
    String cut = NEIGHBOUR.replace("0020 3a", "0017 3a") + "8700 b8a7 00000000" + "11".repeat(15);
    seen.clear();
    batch.clear();
    run("set_field:fe80::a->nd_target,output:nf1", MACS + cut, RESIDENT);
    assertThat(only()).isEqualTo(plain(MACS + cut));
  }

  /** Options that end behind the snapshot: what stands there is not known. */
  @Test
  void anOptionBehindTheSnapshotIsNotLookedFor() {
    String nonce = "0e07" + "00".repeat(54);
    String message =
        NEIGHBOUR.replace("0020 3a", "0058 3a")
            + "8700 b8a7 00000000 fe800000000000000000000000000009"
            + nonce
            + "0101 020000000022";
    run("set_field:02:00:00:00:00:11->nd_sll,output:nf1", MACS + message, RESIDENT);
    assertThat(seen).isEmpty();
    assertThat(DropReason.values()[batch.dropReason[0]]).isEqualTo(DropReason.HEADERS_TOO_LONG);
  }

  @Test
  void whatAFrameHasNotIsNotChanged() {
    String other = MACS + "88b5" + "00".repeat(46);
    run(
        "mod_nw_src:10.0.0.9,mod_tp_dst:5,set_field:1->icmp_type,set_field:2->arp_op,dec_ttl,"
            + "mod_nw_tos:4,strip_vlan,set_field:::1->ipv6_dst,output:nf1",
        other,
        RESIDENT);

    assertThat(only()).isEqualTo(plain(other));
  }

  @Test
  void normalSwitchesByTheNewAddress() {
    MacTable macs = new MacTable();
    macs.learn(0x0200_0000_00ffL, 3, 0);
    Classifier classifier =
        Classifier.compile(
            FlowRuleParser.parseRules("actions=mod_dl_dst:02:00:00:00:00:ff,normal"),
            RewriterTest::number);
    FrameTrace trace =
        new FrameTrace(
            FlowProgram.of(classifier, RewriterTest::number), macs, 0, new int[] {1, 2, 3});

    FrameTrace.Decision decision = trace.send(HexFormat.of().parseHex(plain(MACS + UDP)), UPLINK);

    assertThat(decision.sent()).extracting(FrameTrace.Sent::port).containsExactly(3);
  }

  /** Frames of a run are compared with the first one's snapshot, which the first one changes. */
  @Test
  void eachFrameOfARunIsChangedByItself() {
    byte[] bytes = HexFormat.of().parseHex(plain(MACS + UDP + "00".repeat(8)));
    Classifier classifier =
        Classifier.compile(
            FlowRuleParser.parseRules(
                "actions=output:nf1,mod_dl_dst:02:00:00:00:00:ff,dec_ttl,output:nf2"),
            RewriterTest::number);
    Pipeline pipeline =
        new Pipeline(FlowProgram.of(classifier, RewriterTest::number), new MacTable());
    pipeline.setOutput(NF1, new Recorder(NF1));
    pipeline.setOutput(3, new Recorder(3));
    for (int i = 0; i < 4; i++) {
      bytes[19] = (byte) i; // identification: no key has it
      AddressSpace.copyFromArray(bytes, 0, address + 128L * i, bytes.length);
      batch.add(address + 128L * i, bytes.length, i, RESIDENT, (byte) 0);
    }

    pipeline.process(batch, UPLINK, new InputCounters());

    assertThat(seen).hasSize(8);
    List<String> before = seen.stream().filter(one -> one.port() == NF1).map(Seen::bytes).toList();
    List<String> after = seen.stream().filter(one -> one.port() == 3).map(Seen::bytes).toList();
    for (int i = 0; i < 4; i++) {
      assertThat(before.get(i)).startsWith(plain(MACS + "0800 4500 002e 000" + i + "0000 4011"));
      assertThat(after.get(i))
          .startsWith(plain("0200000000ff 020000000022 0800 4500 002e 000" + i + "0000 3f11 67bc"));
    }
  }
}
