// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.arch;

import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
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

  /** Constructors may: poll-thread objects are made at set-up. */
  @ArchTest
  static final ArchRule NO_STREAMS =
      methods()
          .that()
          .areDeclaredInClassesThat(are(POLL_THREAD_CODE))
          .should(notCallInto("java.util.stream"))
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
          .haveModifier(JavaModifier.SYNCHRONIZED)
          .because("a thread that holds the lock may have lost its core");

  private PollThreadRulesTest() {}

  private static ArchCondition<JavaMethod> notCallInto(String packageName) {
    return new ArchCondition<>("not call into " + packageName) {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        for (JavaMethodCall call : method.getMethodCallsFromSelf()) {
          boolean called = call.getTargetOwner().getPackageName().equals(packageName);
          events.add(new SimpleConditionEvent(method, !called, call.getDescription()));
        }
      }
    };
  }

  private static boolean isSetUp(JavaClass type) {
    JavaClass outer = type;
    while (outer.getEnclosingClass().isPresent()) {
      outer = outer.getEnclosingClass().get();
    }
    return SET_UP_NAMES.stream().anyMatch(outer.getSimpleName()::endsWith);
  }
}
