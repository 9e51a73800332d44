// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.arch;

import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;

/**
 * What a poll thread must not do: log, lock, or build streams. In the packages below every class
 * counts as poll-thread code unless its name ends in one of {@link #SET_UP_NAMES}: those classes
 * prepare things on a control thread, and may log.
 */
@AnalyzeClasses(
    packages = "io.iovtee.vswitch",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class PollThreadRulesTest {
  private static final String[] POLL_PACKAGES = {
    "io.iovtee.vswitch.virtio..", "io.iovtee.vswitch.datapath..", "io.iovtee.vswitch.nic..",
  };

  private static final Set<String> SET_UP_NAMES =
      Set.of("Setup", "Factory", "Builder", "Loader", "Proxy", "Config", "Control");

  private static final DescribedPredicate<JavaClass> POLL_THREAD_CODE =
      JavaClass.Predicates.resideInAnyPackage(POLL_PACKAGES)
          .and(
              DescribedPredicate.not(
                  DescribedPredicate.describe("set-up", PollThreadRulesTest::isSetUp)))
          .as("poll-thread code");

  @ArchTest
  static final ArchRule NO_LOGGING =
      noClasses()
          .that(are(POLL_THREAD_CODE))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.slf4j..", "java.util.logging..")
          .because("a poll thread counts; a control thread reads the counters and logs");

  @ArchTest
  static final ArchRule NO_STREAMS =
      noClasses()
          .that(are(POLL_THREAD_CODE))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.util.stream..")
          .because("a stream allocates at every use");

  @ArchTest
  static final ArchRule NO_LOCKS =
      noClasses()
          .that(are(POLL_THREAD_CODE))
          .should()
          .dependOnClassesThat()
          .haveNameMatching("java\\.util\\.concurrent\\.locks\\.(?!LockSupport).*")
          .because("a thread that holds the lock may have lost its core");

  @ArchTest
  static final ArchRule NO_SYNCHRONIZED_METHODS =
      noMethods()
          .that()
          .areDeclaredInClassesThat(are(POLL_THREAD_CODE))
          .should()
          .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.SYNCHRONIZED)
          .because("a thread that holds the lock may have lost its core");

  private PollThreadRulesTest() {}

  private static boolean isSetUp(JavaClass type) {
    JavaClass outer = type;
    while (outer.getEnclosingClass().isPresent()) {
      outer = outer.getEnclosingClass().get();
    }
    return SET_UP_NAMES.stream().anyMatch(outer.getSimpleName()::endsWith);
  }
}
