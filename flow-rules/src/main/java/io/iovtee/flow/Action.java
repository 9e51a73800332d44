// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

/** What a switch does with a frame that a rule matched. The set is closed: a switch handles all. */
public sealed interface Action {

  Action DROP = new Drop();
  Action NORMAL = new Normal();
  Action FLOOD = new Flood();
  Action IN_PORT = new InPort();

  /** Sends the frame out of the port with this name. */
  static Action output(String port) {
    return new Output(port);
  }

  /**
   * Sends the frame out of one port. As in OVS the frame does not go back to the port that it came
   * from; {@link InPort} asks for that.
   *
   * @param port a valid {@link PortName}
   */
  record Output(String port) implements Action {
    public Output {
      PortName.check(port);
    }
  }

  /** Discards the frame. Always the only action of its rule. */
  record Drop() implements Action {}

  /** Hands the frame to the learning switch: MAC table, flooding of unknown destinations. */
  record Normal() implements Action {}

  /** Sends the frame out of each port except the one that it came from. */
  record Flood() implements Action {}

  /** Sends the frame back out of the port that it came from. */
  record InPort() implements Action {}
}
