package generator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which forms of operators become methods of one class.
 *
 * <p>Of two forms with one Java signature the one that leaves out fewer arguments is taken, then the one of the overload
 * without a name, then the first by the overload's name. A form that leaves out arguments, or has a dtype alone, is left out
 * where it would make null ambiguous. What is written by hand stays.
 */
final class Choice {

    private static final Comparator<Form> BY_RANK = Comparator.comparing(Form::name)
            .thenComparing(Form::isDtypeAlone)
            .thenComparing(Form::left)
            .thenComparing(form -> form.schema().name())
            .thenComparing(form -> form.schema().overload())
            .thenComparing(Form::numbers);

    /** A method: a form, and whether its last list of integers is of variable arity. */
    record Method(Form form, boolean variable) {}

    private final List<Method> methods;
    private final Map<Schema, String> refused = new HashMap<>();

    /** @param byHand signatures of methods that are there already */
    Choice(List<Form> forms, Set<String> byHand) {
        Set<String> seen = new HashSet<>(byHand);
        Map<String, List<Form>> taken = new HashMap<>();
        for (Form form : forms.stream().sorted(BY_RANK).toList()) {
            List<Form> named = taken.computeIfAbsent(form.name(), _ -> new ArrayList<>());
            boolean optional = form.left() > 0 || form.isDtypeAlone();
            boolean ambiguous = optional && named.stream().anyMatch(form::isAmbiguousWith);
            if (form.left() == 0 && byHand.contains(form.signature())) {
                refused.put(form.schema(), Refusals.BY_HAND_REASON);
            } else if (!refused.containsKey(form.schema()) && !ambiguous && seen.add(form.signature())) {
                named.add(form);
            }
        }
        methods = taken.values().stream()
                .flatMap(named -> withoutServed(named).stream())
                .sorted(Comparator.comparing(Method::form, BY_RANK))
                .toList();
        Set<Schema> served =
                methods.stream().map(method -> method.form().schema()).collect(Collectors.toSet());
        forms.stream()
                .map(Form::schema)
                .filter(schema -> !served.contains(schema))
                .forEach(schema -> refused.putIfAbsent(schema, "has another overload's Java signature"));
    }

    private static List<Method> withoutServed(List<Form> named) {
        return named.stream()
                .filter(form -> named.stream().noneMatch(other -> form.isServedBy(other) && isVariable(other, named)))
                .map(form -> new Method(form, isVariable(form, named)))
                .toList();
    }

    private static boolean isVariable(Form form, List<Form> named) {
        return form.endsWithLongs()
                && named.stream().noneMatch(other -> form.overlaps(other) || form.hasNumbersWhereListIs(other));
    }

    List<Method> methods() {
        return methods;
    }

    /** Why operators have no method. */
    Map<Schema, String> refused() {
        return refused;
    }
}
