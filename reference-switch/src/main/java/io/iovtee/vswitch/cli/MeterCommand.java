// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.text.MeterSyntax;
import picocli.CommandLine.Command;

/** {@code iovtee meter}: the meters of a running switch. */
@Command(
    name = "meter",
    mixinStandardHelpOptions = true,
    description = "Lists and changes the meters of a running switch (OVS text form).",
    footer = {
      "",
      "Meters are written as for ovs-ofctl add-meter:",
      "  meter=1,kbps,burst,bands=type=drop,rate=1000,burst_size=100",
      "  meter=2,pktps,bands=type=dscp_remark,rate=1000,prec_level=1,type=drop,rate=2000"
    })
final class MeterCommand extends NumberedCommand {
  MeterCommand() {
    super("/api/v1/meters", text -> MeterSyntax.parseMeter(text).id());
  }
}
