// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.text.FlowSyntaxException;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What groups and meters have in common: rules name them by number, and they are changed alike. */
abstract class NumberedCommand {
  private final String path;
  private final ToLongFunction<String> number;

  @Spec CommandSpec spec = CommandSpec.create();

  /** A group or meter in OVS's words. */
  static final class Written {
    @Parameters(
        paramLabel = "TEXT",
        description = "as 'iovtee ${PARENT-COMMAND-NAME} --help' has examples of")
    String text = "";
  }

  /**
   * @param path under which the API has them
   * @param number reads a text, and tells its number
   */
  NumberedCommand(String path, ToLongFunction<String> number) {
    this.path = path;
    this.number = number;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists all ${PARENT-COMMAND-NAME}s with their counters.")
  public int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), path);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists all ${PARENT-COMMAND-NAME}s as OVS writes them, one a line.")
  public int dump(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), path + "?view=dump");
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Adds a ${PARENT-COMMAND-NAME}; rules name it ${PARENT-COMMAND-NAME}:N.")
  public int add(@Mixin ServerOptions server, @Mixin Written written) {
    return ServerOptions.done(
        spec, server.send("POST", path, written.text, "text/plain", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Puts it in the place of the one with its number, or adds it.")
  public int modify(@Mixin ServerOptions server, @Mixin Written written) {
    String text = written.text;
    return send(server, "PUT", () -> Long.toString(number.applyAsLong(text)), text);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Deletes a ${PARENT-COMMAND-NAME} that nothing names.")
  public int delete(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "N", description = "its number") long id) {
    return send(server, "DELETE", () -> Long.toString(id), null);
  }

  /**
   * Sends a text and prints the answer.
   *
   * @param below reads what is sent, and tells where it goes, behind the path of all
   */
  final int send(
      ServerOptions server, String method, Supplier<String> below, @Nullable String text) {
    String to;
    try {
      to = below.get();
    } catch (FlowSyntaxException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
    return ServerOptions.done(
        spec,
        server.send(method, path + "/" + to, text, text == null ? "" : "text/plain", "").body());
  }
}
