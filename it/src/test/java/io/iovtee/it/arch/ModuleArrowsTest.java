// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the modules, and who may use which library. */
@AnalyzeClasses(
    packages = "io.iovtee",
    importOptions = {ImportOption.DoNotIncludeTests.class, ModuleArrowsTest.NoTestJars.class})
final class ModuleArrowsTest {
  private static final String FLOW = "io.iovtee.flow..";
  private static final String API = "io.iovtee.api..";
  private static final String SWITCH = "io.iovtee.vswitch..";
  private static final String PLUGIN = "io.iovtee.plugin..";
  private static final String VERTICLES = "io.iovtee.verticles..";
  private static final String BENCH = "io.iovtee.bench..";

  /** Annotations that are there for the compiler only. */
  private static final String JSPECIFY = "org.jspecify.annotations..";

  private static final DescribedPredicate<JavaClass> OUTSIDE_JAVA_BASE =
      DescribedPredicate.describe("outside java.base", ModuleArrowsTest::isOutsideJavaBase);

  @ArchTest
  static final ArchRule FLOW_RULES_NEED_JAVA_BASE_ONLY =
      noClasses()
          .that()
          .resideInAPackage(FLOW)
          .should()
          .dependOnClassesThat(OUTSIDE_JAVA_BASE.and(outside(FLOW, JSPECIFY)))
          .because("the rule model is used by everyone and must drag nothing along");

  @ArchTest
  static final ArchRule PLUGIN_API_NEEDS_FLOW_RULES_ONLY =
      noClasses()
          .that()
          .resideInAPackage(API)
          .should()
          .dependOnClassesThat(OUTSIDE_JAVA_BASE.and(outside(API, FLOW, JSPECIFY)))
          .because("a plugin of somebody else must not be bound to our libraries");

  @ArchTest
  static final ArchRule PLUGIN_API_SHOWS_MEMORY_AS_ADDRESSES =
      noClasses()
          .that()
          .resideInAPackage(API)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.lang.foreign..")
          .because("whoever has an Arena or a Linker can reach all memory of the switch");

  @ArchTest
  static final ArchRule SWITCH_KNOWS_NO_PLUGIN =
      noClasses()
          .that()
          .resideInAPackage(SWITCH)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PLUGIN, VERTICLES, BENCH, "io.vertx..", "com.hazelcast..")
          .because("the switch is complete without the plugin jar");

  @ArchTest
  static final ArchRule PLUGIN_AND_VERTICLES_KNOW_NO_SWITCH =
      noClasses()
          .that()
          .resideInAnyPackage(PLUGIN, VERTICLES)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(SWITCH, BENCH)
          .because("they run in any switch that implements plugin-api");

  @ArchTest
  static final ArchRule VERTICLES_KNOW_NO_ENGINE =
      noClasses()
          .that()
          .resideInAPackage(VERTICLES)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PLUGIN, "java.lang.foreign..")
          .because("the control plane declares a small interface, and the engine implements it");

  @ArchTest
  static final ArchRule NOTHING_DEPENDS_ON_BENCH =
      noClasses()
          .that()
          .resideOutsideOfPackage(BENCH)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(BENCH);

  @ArchTest
  static final ArchRule JSON_IN_HTTP_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.iovtee.verticles.http..", BENCH)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.vertx.core.json..", "tools.jackson..", "com.fasterxml.jackson..")
          .because("inside, a rule is a FlowRule and not a tree of strings");

  @ArchTest
  static final ArchRule HAZELCAST_IN_CLUSTER_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.iovtee.verticles.cluster..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.hazelcast..", "io.vertx.spi.cluster.hazelcast..")
          .because("the cluster is optional, and everything else must start without it");

  @ArchTest
  static final ArchRule NO_CYCLES_BETWEEN_PACKAGES =
      slices().matching("io.iovtee.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule NO_VECTOR_API =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideOutsideOfPackage("jdk.incubator.vector..")
          .because("a Vector API load from a truncated guest file ends the JVM");

  private ModuleArrowsTest() {}

  /** Test classes of other modules come in jars. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  private static DescribedPredicate<JavaClass> outside(String... packages) {
    return JavaClass.Predicates.resideOutsideOfPackages(packages);
  }

  /** Asks the running JDK which module a class is in; a class that it does not know is outside. */
  private static boolean isOutsideJavaBase(JavaClass type) {
    JavaClass element = type.getBaseComponentType();
    if (element.isPrimitive()) {
      return false;
    }
    try {
      Class<?> loaded = Class.forName(element.getName(), false, null);
      return !"java.base".equals(loaded.getModule().getName());
    } catch (ClassNotFoundException notInTheJdk) {
      return true;
    }
  }
}
