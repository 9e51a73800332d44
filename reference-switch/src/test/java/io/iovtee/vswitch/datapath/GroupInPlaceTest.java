// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which output of a group may keep the buffer that the frame lies in: nf1's own. */
final class GroupInPlaceTest {
  private static final int HOME = OwnerIds.receive(2, 0);

  private static int number(String port) {
    return port.equals("uplink") ? 1 : 1 + Integer.parseInt(port.substring(2));
  }

  /** Ports: nf1 is number 2, in whose buffer the frame lies. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          group:1 | type=indirect,bucket=nf1 | 2
          group:1 | type=ff,bucket=watch_port:nf1,nf1,bucket=watch_port:nf2,nf2 | 2
          meter:1,output:nf1 | type=all | 2
          meter:1,output:nf1,output:nf2 | type=all | 2
          group:1 | type=all,bucket=nf1,bucket=nf2 | 2
          group:1 | type=all,bucket=nf1,bucket=mod_dl_dst:02:00:00:00:00:99,nf2 | 2
          group:1 | type=all,bucket=nf1,bucket=mod_dl_dst:02:00:00:00:00:99,nf2,bucket=nf3 | 2
          group:1,output:nf2 | type=indirect,bucket=nf1 | 2
          output:nf1,group:1 | type=indirect,bucket=nf2 | 2
          goto_table:1 | type=indirect,bucket=mod_dl_dst:02:00:00:00:00:99,nf1 | 2
          output:nf1,mod_nw_ttl:3,group:1 | type=indirect,bucket=nf2 | 3
          group:1,output:nf2 | type=indirect,bucket=mod_dl_dst:02:00:00:00:00:99,nf1 | 3
          """)
  void theOwnerKeepsItsBufferWhereItCan(String actions, String group, int keeper) {
    FlowProgram program =
        TestGroups.program(
            """
            actions=%s
            table=1,actions=group:1
            group_id=1,%s
            meter=1,pktps,bands=type=drop,rate=1
            """
                .formatted(actions, group),
            GroupInPlaceTest::number,
            PortLiveness.all());
    Recorded outputs = new Recorded(program, () -> 0);
    outputs.send(TestFrames.frame(1, 9, 77), HOME);
    assertThat(outputs.mayTake.stream().filter(may -> may)).as("one keeper").hasSize(1);
    assertThat(outputs.ports.get(outputs.mayTake.indexOf(true))).isEqualTo(keeper);
    assertThat(outputs.ports).doesNotHaveDuplicates();
  }
}
