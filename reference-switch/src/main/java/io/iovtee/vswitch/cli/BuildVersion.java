// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;

/**
 * What {@code --version} prints, of every command: the version that the build wrote into the jar's
 * manifest, with the commit behind a plus where the build knew it (Semantic Versioning 2.0.0, 10).
 */
public final class BuildVersion implements IVersionProvider {
  private BuildVersion() {}

  /** Lets a command and all below it print the version. */
  public static CommandLine on(CommandLine line) {
    line.getCommandSpec().versionProvider(new BuildVersion());
    // No method reference: classes of picocli in it are too old for the AOT cache.
    for (CommandLine command : line.getSubcommands().values()) {
      on(command);
    }
    return line;
  }

  @Override
  public String[] getVersion() {
    String version = BuildVersion.class.getPackage().getImplementationVersion();
    return new String[] {"iovtee " + Objects.requireNonNullElse(version, "(not from a jar)")};
  }
}
