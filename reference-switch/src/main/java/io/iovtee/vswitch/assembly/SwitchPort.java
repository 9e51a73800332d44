// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import java.util.List;

/** A port of the switch, whatever its type. Control thread, but for the readers. */
interface SwitchPort {
  String name();

  int number();

  /** As people see it. Any thread. */
  PortInfo info();

  /** Whether frames can be sent to it: what buckets of groups watch. Any thread. */
  boolean isLive();

  /** One per receive queue. Any thread. */
  List<InputStats> inputStats(PortNumbers names);

  /** What left through the port. Any thread. */
  OutputStats outputStats();

  /** Takes the port out of the loops and gives its resources back. */
  void close();
}
