// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Arrival.Entry;
import io.iovtee.flow.Match;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.datapath.NicRxQueue.Admission;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class SteeredFlowsControlTest {
  private final SteeredFlowsControl flows = new SteeredFlowsControl();

  private static Match match(String text) {
    return FlowRuleParser.parseRules(text + ",actions=drop").getFirst().match();
  }

  /** A frame to 02:00:00:00:00:0N of a protocol that nobody parses. */
  private static byte[] frameTo(int last) {
    byte[] frame = new byte[60];
    byte[] header = HexFormat.of().parseHex("02000000000%d0200000000aa88b5".formatted(last));
    System.arraycopy(header, 0, frame, 0, header.length);
    return frame;
  }

  private void assertEnters(int last, int queue, Entry entry, String detail) {
    Admission admission = flows.admission(frameTo(last), queue);
    assertThat(admission.entry()).as("to %d into %d", last, queue).isEqualTo(entry);
    assertThat(admission.detail()).startsWith(detail);
  }

  @Test
  void withoutFlowsOnlyTheNicKnows() {
    assertEnters(1, 0, Entry.MAY_ENTER, "");
    assertThat(flows.admission(frameTo(1), 0).detail()).isEmpty();
  }

  @Test
  void aSteeredFlowEntersItsQueueAndNoOther() {
    flows.add(match("dl_dst=02:00:00:00:00:01"), 2);
    assertEnters(1, 2, Entry.ENTERS, "");
    assertEnters(1, 0, Entry.ELSEWHERE, "a flow rule of the NIC sends it to queue 2: dl_dst=02:00");
    assertEnters(3, 2, Entry.ELSEWHERE, "the NIC puts nothing but steered flows into this queue");
    assertEnters(3, 0, Entry.MAY_ENTER, "");
  }

  @Test
  void ofTwoFlowsThatHoldTheFirstDecides() {
    flows.add(match("dl_dst=02:00:00:00:00:01"), 2);
    flows.add(match("dl_type=0x88b5"), 1);
    assertEnters(1, 2, Entry.ENTERS, "");
    assertEnters(1, 1, Entry.ELSEWHERE, "a flow rule of the NIC sends it to queue 2");
    assertEnters(3, 1, Entry.ENTERS, "");
  }

  @Test
  void aFlowIsRemovedFromItsOwnQueueOnlyAndAsAWhole() {
    Match one = match("dl_dst=02:00:00:00:00:01");
    flows.add(one, 2);
    flows.add(one, 2); // a mapping that is installed again
    flows.remove(one, 1);
    assertEnters(1, 2, Entry.ENTERS, "");
    flows.remove(one, 2);
    assertEnters(1, 2, Entry.MAY_ENTER, "");
  }
}
