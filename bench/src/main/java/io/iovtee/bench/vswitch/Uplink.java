// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.TestpmdOptions;
import java.nio.file.Path;
import java.util.List;

/** What the physical port of one switch is connected to. One thread. */
public interface Uplink extends AutoCloseable {
  /** The port in our switch's configuration: a YAML flow mapping. */
  String portConfiguration();

  /**
   * A testpmd that stands between this uplink and vhost-user sockets that it makes, one for each
   * network function.
   */
  TestpmdOptions testpmd(List<Path> sockets);

  /** The physical port of Open vSwitch. */
  OvsDpdk.NicPort ovsPort();

  /**
   * Lets frames come, once switch and network function are there. Frames of an earlier call that
   * are still on their way are taken out first.
   */
  void feed();

  /**
   * Takes all frames out that are on their way.
   *
   * @return how many of those that came with the last {@link #feed} had been lost on the way; 0
   *     where frames come all the time
   */
  int lost();

  /** Removes what was made for it. */
  @Override
  void close();
}
