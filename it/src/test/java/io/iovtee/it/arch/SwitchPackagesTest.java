// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.util.List;
import java.util.TreeSet;

/**
 * The order of the packages inside reference-switch: each may use those before it.
 *
 * <p>The data path declares what it needs of a port ({@code NicPort}, {@code NicRxQueue}, {@code
 * TxQueue}) and the NICs implement it, so the NICs stand behind {@code datapath}, not before it.
 */
@AnalyzeClasses(
    packages = "io.iovtee.vswitch",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class SwitchPackagesTest {
  private static final String BASE = "io.iovtee.vswitch.";

  /** Packages on one line do not use each other. */
  private static final List<List<String>> ORDER =
      List.of(
          List.of("linux", "config"),
          List.of("memory", "frames"),
          List.of("virtio"),
          List.of("datapath"),
          List.of("nic", "vhost"),
          List.of("assembly"),
          List.of("plugin", "frontend"),
          List.of("nf"),
          List.of("cli"));

  private SwitchPackagesTest() {}

  @ArchTest
  static void eachPackageUsesOnlyThoseBeforeIt(JavaClasses classes) {
    for (int line = 0; line < ORDER.size(); line++) {
      for (String below : ORDER.get(line)) {
        for (int other = line; other < ORDER.size(); other++) {
          for (String above : ORDER.get(other)) {
            if (!above.equals(below)) {
              mustNotUse(classes, below, above);
            }
          }
        }
      }
    }
  }

  @ArchTest
  static void eachPackageHasItsPlaceInTheOrder(JavaClasses classes) {
    TreeSet<String> unknown = new TreeSet<>();
    for (JavaClass type : classes) {
      String name = type.getPackageName();
      if (name.startsWith(BASE)) {
        String first = name.substring(BASE.length()).split("\\.", -1)[0];
        if (ORDER.stream().noneMatch(line -> line.contains(first))) {
          unknown.add(name);
        }
      }
    }
    assertThat(unknown).as("packages that are missing in ORDER above").isEmpty();
  }

  private static void mustNotUse(JavaClasses classes, String below, String above) {
    noClasses()
        .that()
        .resideInAPackage(BASE + below + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(BASE + above + "..")
        .allowEmptyShould(true)
        .check(classes);
  }
}
