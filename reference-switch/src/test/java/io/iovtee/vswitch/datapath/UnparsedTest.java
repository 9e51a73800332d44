// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DropReason;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where one rule decides all frames of a port, nobody looks at them. */
final class UnparsedTest {
  private static final int LENT = OwnerIds.transmit(1, 0);
  private static final String TO_P2 = "priority=5,in_port=p1,actions=output:p2";

  private final byte[] frame = TestFrames.frame(2, 9, 77);
  private Recorded switched = new Recorded(program(TO_P2), () -> 0);

  private static FlowProgram program(String rules) {
    return TestGroups.program(rules, port -> port.charAt(1) - '0', PortLiveness.all());
  }

  private void rules(String rules) {
    switched.setProgram(program(rules));
  }

  @Test
  void framesLeaveAsTheyCame() {
    switched.send(List.of(frame, new byte[60], frame), LENT);
    assertThat(switched.unparsed()).isEqualTo(3);
    assertThat(switched.passesUnparsed()).isTrue();
    assertThat(switched.ports).containsExactly(2, 2, 2);
    HexFormat hex = HexFormat.of();
    assertThat(switched.frames)
        .containsExactly(hex.formatHex(frame), hex.formatHex(new byte[60]), hex.formatHex(frame));
    assertThat(switched.counters.frames()).isEqualTo(3);
  }

  @Test
  void theNextRulesAreAskedAnew() {
    switched.send(frame);
    rules(TO_P2 + "\npriority=6,dl_src=02:00:00:00:00:09,actions=output:p3");
    switched.send(frame);
    assertThat(switched.passesUnparsed()).isFalse();
    rules("priority=5,in_port=p1,actions=output:p4");
    switched.send(frame);
    rules("priority=5,in_port=p2,actions=output:p4");
    switched.send(frame);
    assertThat(switched.ports).containsExactly(2, 3, 4);
    assertThat(switched.unparsed()).isEqualTo(2);
    assertThat(switched.counters.dropReasons()).isEqualTo(Map.of(DropReason.NO_RULE.label(), 1L));
  }

  /** All but one output of the frame as it is. */
  @Test
  void otherActionsLookAtTheFrame() {
    for (String actions :
        List.of("drop", "normal", "output:p2,output:p3", "in_port", "output:p1", "dec_ttl,p2")) {
      rules("in_port=p1,actions=" + actions);
      switched.send(frame);
      assertThat(switched.unparsed()).as(actions).isZero();
      assertThat(switched.passesUnparsed()).as(actions).isFalse();
    }
  }

  @Test
  void aRuntAmongThemIsStillDropped() {
    switched.send(List.of(frame, new byte[13], frame), LENT);
    assertThat(switched.ports).containsExactly(2, 2);
    assertThat(switched.unparsed()).isZero();
    assertThat(switched.counters.dropReasons()).isEqualTo(Map.of(DropReason.RUNT.label(), 1L));
  }

  @Test
  void mirrorsAndTracesLookAtAll() {
    var received = new MirrorTable.Mirror(new int[] {1}, new int[0], 3);
    switched.mirror(new MirrorTable(List.of(received)));
    switched.send(frame);
    assertThat(switched.unparsed()).isZero();
    assertThat(switched.ports).containsExactlyInAnyOrder(2, 3);
    switched = new Recorded(program(TO_P2), () -> 0);
    switched.trace();
    switched.send(frame);
    assertThat(switched.unparsed()).isZero();
    assertThat(switched.ports).containsExactly(2);
  }
}
