// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.Outcome;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Memfd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Copies for mirrors: who gets which, and that nothing else comes to be different. */
final class MirrorTest {
  private static final int NIC = 3;
  private static final int NF = 1;
  private static final int TAP = 2;
  private static final int OTHER = 4;
  private static final String TO_NF = "in_port=p3,actions=output:p1";

  private TurnedLoops loops = new TurnedLoops(1, TO_NF);
  private TestGuest nf;
  private TestGuest tap;
  private TestGuest other;
  private TestNic nic;
  private final List<TestNic> nics = new ArrayList<>();

  private void connect(String... rules) {
    connect(1, rules);
  }

  /** The tap is served by the last loop. */
  private void connect(int count, String... rules) {
    loops.close();
    loops = new TurnedLoops(count, rules);
    nf = loops.guest(NF);
    tap = loops.guest(loops.loops.getLast(), TAP, 128);
    other = loops.guest(OTHER);
    nic = loops.nic(NIC);
    nics.add(nic);
    for (TestGuest guest : List.of(nf, tap, other)) {
      loops.run(() -> guest.binding.connectFrom(loops.loops));
    }
    loops.turn();
  }

  @AfterEach
  void sumsHold() {
    nics.forEach(one -> TurnedLoops.assertSums(one.input()));
    assertThat(loops.chunks)
        .as("chunks")
        .allSatisfy(stack -> assertFreeOrPosted(stack.available()));
    loops.close();
  }

  private void assertFreeOrPosted(int available) {
    int posted = nics.stream().mapToInt(one -> one.held(FrameBatch.HOST_POOL)).sum();
    assertThat(available).isIn(TurnedLoops.CHUNKS, TurnedLoops.CHUNKS - posted);
  }

  private void mirror(int[] received, int[] sent, int target) {
    MirrorTable table = new MirrorTable(List.of(new MirrorTable.Mirror(received, sent, target)));
    loops.run(() -> loops.loops.forEach(loop -> loop.execute(() -> loop.setMirrors(table)).join()));
  }

  private void lend() {
    loops.run(() ->
        nic.binding
            .lendFrom(0, nf.binding, 0, (ring, constraints) -> new LendingSource(ring))
            .join());
    loops.turn();
  }

  private void receive(byte[]... frames) {
    nic.receive(frames);
    loops.turn();
  }

  private MirrorCounts counts(int mirror) {
    return loops.loops.stream()
        .map(loop -> loop.mirrored(mirror))
        .reduce(MirrorCounts.ZERO, MirrorCounts::plus);
  }

  private long outcome(Outcome outcome) {
    return nic.input().outcome(outcome);
  }

  private static byte[] changed(byte[] frame) {
    byte[] changed = frame.clone();
    changed[11] = 0x77;
    return changed;
  }

  private static final byte[] FRAME = frame(NF, 9, 1);

  /** Outputs never meet what is shorter than an Ethernet header: a NIC can choke on it. */
  @Test
  void aRuntIsNotMirrored() {
    connect(TO_NF);
    mirror(new int[] {NIC}, new int[] {NF}, TAP);
    receive(new byte[13], new byte[0], FRAME);

    assertThat(tap.frames()).containsExactly(FRAME);
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("runt", 2L));
    assertThat(counts(0)).isEqualTo(new MirrorCounts(1, FRAME.length, 0));
  }

  /** As many ports and mirrors as there can be, all in one batch. */
  @Test
  void eachPortIsFlushedOnceHoweverFramesGetThere() {
    int first = OwnerIds.PORTS_MAX - MirrorTable.MIRRORS_MAX + 1;
    int[] ports = IntStream.rangeClosed(1, OwnerIds.PORTS_MAX).toArray();
    String outputs =
        IntStream.rangeClosed(first, OwnerIds.PORTS_MAX)
            .mapToObj(port -> "output:p" + port)
            .collect(Collectors.joining(","));
    FlowProgram program =
        TestGroups.program(
            "actions=" + outputs + ",FLOOD",
            port -> Integer.parseInt(port.substring(1)),
            PortLiveness.all());
    Pipeline pipeline = new Pipeline(program, new MacTable());
    int[] flushes = new int[ports.length + 1];
    for (int port : ports) {
      pipeline.setOutput(port, new Flushed(flushes, port));
    }
    pipeline.setMirrors(
        new MirrorTable(
            IntStream.rangeClosed(first, OwnerIds.PORTS_MAX)
                .mapToObj(target -> new MirrorTable.Mirror(new int[0], ports, target))
                .toList()));
    FrameBatch batch = new FrameBatch();
    MemorySegment memory = Arena.ofAuto().allocate(FRAME.length, 64);
    AddressSpace.copyFromArray(FRAME, 0, memory.address(), FRAME.length);
    batch.add(memory.address(), FRAME.length, 0, FrameBatch.HOST_POOL, (byte) 0);

    pipeline.process(batch, 1, new InputCounters());
    pipeline.flushUsed();
    assertThat(Arrays.stream(flushes, 2, flushes.length)).containsOnly(1);
    Reference.reachabilityFence(memory);
  }

  private record Flushed(int[] flushes, int port) implements TxQueue {
    @Override
    public void transmit(FrameBatch frames, int[] index, int count, boolean mayTake) {}

    @Override
    public int flush() {
      return flushes[port]++;
    }
  }

  // ---- rules ---------------------------------------------------------------------------------

  @Test
  void aRulesMirrorGetsTheFrameAsItIsByThen() {
    connect(
        "actions=mirror:p2,mod_dl_src:02:00:00:00:00:77,mirror:p2,output:p1,"
            + "mod_dl_src:02:00:00:00:00:78,mirror:p2");
    receive(FRAME);

    byte[] last = FRAME.clone();
    last[11] = 0x78;
    assertThat(tap.frames()).containsExactly(FRAME, changed(FRAME), last);
    assertThat(nf.frames()).containsExactly(changed(FRAME));
    assertThat(outcome(Outcome.COPIED)).isEqualTo(1);
    assertThat(nic.input().frames()).isEqualTo(1);
    assertThat(counts(MirrorTap.BY_RULES)).isEqualTo(new MirrorCounts(3, 180, 0));
  }

  @Test
  void aMirrorChangesNoOutcome() {
    connect(
        "dl_dst=02:00:00:00:00:05,actions=mirror:p2",
        "dl_dst=02:00:00:00:00:06,actions=mirror:p2,output:p9",
        "dl_dst=02:00:00:00:00:07,actions=mirror:p9,output:p1");
    receive(frame(5, 9, 1), frame(6, 9, 2), frame(7, 9, 3));

    assertThat(tap.frames().stream().map(TestFrames::payload)).containsExactly(1, 2);
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("rule", 1L, "port_down", 1L));
    assertThat(outcome(Outcome.COPIED)).isEqualTo(1);
    assertThat(counts(MirrorTap.BY_RULES)).isEqualTo(new MirrorCounts(2, 120, 1));
  }

  @Test
  void aMirroredFrameIsStillPublishedWhereItLies() {
    connect("actions=mirror:p2,output:p1");
    lend();
    nic.receive(FRAME);
    long address = nic.lastAddress();
    loops.turn();

    assertThat(tap.frames()).containsExactly(FRAME);
    TestGuest.Received received = nf.received().getFirst();
    assertThat(nf.frameAddress(received.buffer())).isEqualTo(address);
    assertThat(received.frame()).isEqualTo(FRAME);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(1);
    assertThat(nic.input().copiedBytes()).as("the copy alone").isEqualTo(60);
  }

  @Test
  void aFullTapLosesCopiesAndNothingElse() {
    connect("actions=mirror:p2,output:p1");
    nf.post(100);
    for (int i = 0; i < 4; i++) {
      receive(Collections.nCopies(50, FRAME).toArray(byte[][]::new));
    }
    assertThat(tap.frames()).hasSize(128);
    assertThat(nf.frames()).hasSize(200);
    assertThat(outcome(Outcome.COPIED)).isEqualTo(200);
    assertThat(counts(MirrorTap.BY_RULES)).isEqualTo(new MirrorCounts(128, 128 * 60, 72));
  }

  @Test
  void nobodyGetsACopyOfItsOwnFrames() {
    connect("actions=mirror:p2,mirror:p3,output:p1");
    receive(FRAME);
    assertThat(nic.sent()).isEmpty();
    assertThat(tap.frames()).hasSize(1);
  }

  /** More copies than the tap has room for leave in several goes, in order. */
  @Test
  void manyCopiesOfOneBatch() {
    connect("actions=mirror:p2,mirror:p2,output:p1");
    byte[][] frames = new byte[60][];
    for (int i = 0; i < frames.length; i++) {
      frames[i] = frame(NF, 9, i);
    }
    receive(frames);
    List<Integer> seen = tap.frames().stream().map(TestFrames::payload).toList();
    assertThat(seen).hasSize(120).isSorted();
    assertThat(outcome(Outcome.COPIED)).isEqualTo(60);
  }

  // ---- over another loop ---------------------------------------------------------------------

  /** Both rings to the other loop carry copies and originals of the same batch. */
  @Test
  void acrossLoopsEachFrameIsCountedOnce() {
    connect(2, "in_port=p3,actions=mirror:p2,output:p2,mirror:p2", "actions=drop");
    for (int round = 0; round < 10; round++) {
      receive(frame(NF, 9, 1), frame(NF, 9, 2));
      tap.post(tap.received().size());
    }
    assertThat(nic.input().frames()).isEqualTo(20);
    assertThat(outcome(Outcome.COPIED)).isEqualTo(20);
    assertThat(tap.output().frames()).isEqualTo(60);
    assertThat(counts(MirrorTap.BY_RULES).frames()).isEqualTo(40);
  }

  /** The copy arrives, the original does not: the frame is dropped all the same. */
  @Test
  void aCopyThatArrivesIsNoOutcome() {
    connect(2, "in_port=p3,actions=mirror:p2,output:p9", "actions=drop");
    receive(FRAME);
    assertThat(tap.frames()).hasSize(1);
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("port_down", 1L));
  }

  @Test
  void whatALoopHandsOverIsMirroredOnce() {
    connect(2, "in_port=p3,actions=output:p2", "actions=drop");
    mirror(new int[0], new int[] {TAP}, OTHER);
    receive(FRAME);
    assertThat(other.frames()).hasSize(1);
    assertThat(tap.frames()).hasSize(1);
  }

  // ---- the switch's mirrors ------------------------------------------------------------------

  @Test
  void whatAPortReceivesIsMirroredAsItCame() {
    connect("in_port=p3,actions=mod_dl_src:02:00:00:00:00:77,output:p1", "actions=drop");
    mirror(new int[] {NIC}, new int[0], TAP);
    receive(FRAME);
    nf.send(frame(9, NF, 5));

    assertThat(tap.frames()).containsExactly(FRAME);
    assertThat(nf.frames()).containsExactly(changed(FRAME));
    assertThat(counts(0)).isEqualTo(new MirrorCounts(1, 60, 0));
  }

  @Test
  void alsoWhatTheRulesDropAndWhatIsWrittenThrough() {
    connect("in_port=p3,dl_dst=02:00:00:00:00:05,actions=drop", TO_NF);
    mirror(new int[] {NIC}, new int[0], TAP);
    lend();
    receive(frame(5, 9, 1), FRAME);

    assertThat(tap.frames()).containsExactly(frame(5, 9, 1), FRAME);
    assertThat(nf.frames()).containsExactly(FRAME);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(1);
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("rule", 1L));
  }

  @Test
  void whatIsSentToAPortIsMirroredAsItLeaves() {
    connect("in_port=p3,actions=mod_dl_src:02:00:00:00:00:77,output:p1,output:p4");
    mirror(new int[0], new int[] {NF, OTHER}, TAP);
    receive(FRAME);

    assertThat(tap.frames()).as("once, not for each port").containsExactly(changed(FRAME));
    assertThat(other.frames()).hasSize(1);
  }

  @Test
  void alsoInTheSwitchsOwnBuffersAndWrittenThrough() {
    connect(TO_NF);
    mirror(new int[0], new int[] {NF}, TAP);
    receive(FRAME, FRAME);
    lend();
    receive(FRAME);
    assertThat(tap.frames()).containsExactly(FRAME, FRAME, FRAME);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(1);
    assertThat(outcome(Outcome.COPIED)).isEqualTo(2);
  }

  /** As OVS since 2.12: a frame that was changed is another frame. */
  @Test
  void aFrameThatWasChangedIsMirroredAgain() {
    connect("in_port=p3,actions=output:p1,mod_dl_src:02:00:00:00:00:77,output:p1");
    mirror(new int[] {NIC}, new int[] {NF}, TAP);
    receive(FRAME);
    assertThat(tap.frames()).containsExactly(FRAME, changed(FRAME));
  }

  /** As in OVS whatever the rules say; ovs-vswitchd.conf.db(5), Mirror, output_port. */
  @Test
  void whatComesFromATapIsDropped() {
    connect("in_port=p2,actions=output:p1,mirror:p4,in_port");
    mirror(new int[] {NIC, TAP}, new int[] {NF, TAP}, TAP);
    tap.send(frame(NF, 2, 1));
    tap.send(frame(NF, 2, 1));
    assertThat(nf.frames()).isEmpty();
    assertThat(other.frames()).isEmpty();
    assertThat(tap.frames()).isEmpty();
    assertThat(tap.input().dropReasons()).isEqualTo(Map.of("mirror_output", 2L));

    loops.run(() -> loops.loop().execute(() -> loops.loop().setMirrors(MirrorTable.NONE)).join());
    tap.send(frame(NF, 2, 1));
    assertThat(nf.frames()).as("a port as any other").hasSize(1);
  }

  @Test
  void nothingIsFloodedToATap() {
    connect("actions=flood");
    mirror(new int[0], new int[] {NF}, TAP);
    receive(FRAME);
    assertThat(tap.frames()).as("the copy, no flood").hasSize(1);
    assertThat(other.frames()).hasSize(1);
    loops.run(() -> loops.loop().execute(() -> loops.loop().setMirrors(MirrorTable.NONE)).join());
    receive(FRAME);
    assertThat(tap.frames()).as("a port as any other").hasSize(1);
    assertThat(counts(0).frames()).isEqualTo(1);
  }

  @Test
  void severalMirrorsEachGetTheirOwn() {
    connect(TO_NF);
    MirrorTable.Mirror received = new MirrorTable.Mirror(new int[] {NIC}, new int[0], TAP);
    MirrorTable.Mirror sent = new MirrorTable.Mirror(new int[0], new int[] {NF}, OTHER);
    MirrorTable table = new MirrorTable(List.of(received, sent));
    loops.run(() -> loops.loop().execute(() -> loops.loop().setMirrors(table)).join());
    receive(FRAME, FRAME);
    assertThat(tap.frames()).hasSize(2);
    assertThat(other.frames()).hasSize(2);
    assertThat(counts(0)).isEqualTo(counts(1)).isEqualTo(new MirrorCounts(2, 120, 0));
    assertThatThrownBy(() -> new MirrorTable(Collections.nCopies(33, received)))
        .hasMessageContaining("mirrors=33");
  }

  // ---- adversaries ---------------------------------------------------------------------------

  /** The guest writes to a frame between its classification and the copy. */
  @Test
  void theHeaderThatWasClassifiedIsWhatIsMirrored() {
    connect("dl_dst=02:00:00:00:00:05,actions=output:p5,output:p4", "actions=mirror:p2,output:p1");
    TestNic second = loops.nic(5);
    nics.add(second);
    lend();
    nic.receive(frame(5, 9, 1), FRAME);
    long address = nic.lastAddress();
    second.beforeSending = () -> AddressSpace.fill(address, 60, (byte) 0xee);
    loops.turn();
    assertThat(second.sent()).hasSize(1);
    byte[] whole = new byte[60];
    AddressSpace.copyToArray(address, whole, 0, 14);
    assertThat(whole).as("the guest has written").startsWith(0xee, 0xee);
    assertThat(tap.frames()).containsExactly(FRAME);
  }

  /** What lies in the slot of a copy that failed may be another guest's. */
  @Test
  void aCopyWhoseSourceVanishesIsNotSent() {
    connect("in_port=p1,actions=mirror:p2,output:p4");
    loops.run(() -> nf.binding.setTransmitLending(true).join());
    receive(FRAME);
    byte[] frame = frame(TestFrames.mac(4), TestFrames.mac(1), 1514, 1);
    nf.put(frame);
    nf.put(frame);
    Memfd.truncate(nf.file(), TestGuest.RX_BUFFERS);
    nf.publish();
    loops.turn();
    assertThat(tap.frames()).isEmpty();
    assertThat(other.frames()).isEmpty();
    assertThat(loops.faults).isNotEmpty().containsOnly(NF);
  }
}
