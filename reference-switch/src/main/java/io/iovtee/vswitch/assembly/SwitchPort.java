// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.vswitch.datapath.PollLoop;
import java.util.List;

/** A port of the switch, whatever its type. Control thread, but for the readers. */
interface SwitchPort {
  String name();

  int number();

  /** As people see it. Any thread. */
  PortInfo info();

  /** Whether frames can be sent to it: what buckets of groups watch. Any thread. */
  boolean isLive();

  /** The loop that sends to it what loops without an output of their own hand over. */
  PollLoop loop();

  /** One per receive queue. Any thread. */
  List<InputStats> inputStats(PortNumbers names);

  /** What left through the port. Any thread. */
  OutputStats outputStats();

  /** Takes the port out of the loops and gives its resources back. */
  void close();
}
