// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code iovtee queue}: the NIC queues of a running switch, and which are mapped. */
@Command(
    name = "queue",
    mixinStandardHelpOptions = true,
    description = "Shows the receive queues of a running switch and whether each is mapped.")
final class QueueCommand {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(mixinStandardHelpOptions = true, description = "Lists all receive queues.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), "/api/v1/queues");
  }
}
