namespace Monitor.Sandbox.SystemCalls;

/// <summary>
/// Writes rules as a program of the classic BPF machine: it looks for the call's number by halving, so that each call costs
/// about ten instructions where the kernel keeps no table of what is always allowed (before 5.11).
/// </summary>
internal static class FilterProgram
{
    // Offsets in struct seccomp_data.
    private const uint NumberOffset = 0, ArchitectureOffset = 4, ArgumentsOffset = 16;

    /// <summary>Compiles rules for an architecture.</summary>
    public static FilterInstruction[] Compile(SystemCallRules rules, FilterArchitecture architecture)
    {
        var calls = rules.All().Where(rule => rule.Call.Number(architecture) != SystemCall.None)
            .OrderBy(rule => rule.Call.Number(architecture)).ToList();
        var ranges = new List<Range>();
        var next = 0u;
        foreach (var (call, verdict, rule) in calls)
        {
            var number = (uint)call.Number(architecture);
            Add(ranges, new Range(next, rules.Unknown, null), number);
            Add(ranges, new Range(number, verdict, rule), number + 1);
            next = number + 1;
        }

        ranges.Add(new Range(next, rules.Later, null));
        // A process of one architecture can call those of another, whose numbers mean something else.
        var program = new List<FilterInstruction>
        {
            new(FilterInstruction.Load, 0, 0, ArchitectureOffset),
            new(FilterInstruction.JumpIfEqual, 1, 0, (uint)architecture),
            Return(Verdict.Kill),
            new(FilterInstruction.Load, 0, 0, NumberOffset),
        };
        program.AddRange(Find(ranges, 0, ranges.Count));
        return [.. program];
    }

    // Neighbours that end the same way become one range.
    private static void Add(List<Range> ranges, Range range, uint end)
    {
        var isEmpty = range.First == end;
        var goesOn = ranges is [.., var last] && last.Rule is null && range.Rule is null && last.Verdict == range.Verdict;
        if (!isEmpty && !goesOn)
        {
            ranges.Add(range);
        }
    }

    private static List<FilterInstruction> Find(List<Range> ranges, int first, int end)
    {
        if (end - first == 1)
        {
            return ranges[first].Rule is { } rule ? Decide(rule) : [Return(ranges[first].Verdict)];
        }

        var middle = (first + end) / 2;
        var below = Find(ranges, first, middle);
        var above = Find(ranges, middle, end);
        // Conditional jumps reach 255 instructions, and this one further.
        return
        [
            new(FilterInstruction.JumpIfAtLeast, 0, 1, ranges[middle].First),
            new(FilterInstruction.Jump, 0, 0, (uint)below.Count),
            .. below,
            .. above,
        ];
    }

    private static List<FilterInstruction> Decide(ArgumentRule rule)
    {
        // The lower half: both architectures are little-endian, and none of these arguments has more.
        var decision = new List<FilterInstruction> { new(FilterInstruction.Load, 0, 0, ArgumentsOffset + (8 * (uint)rule.Argument)) };
        var code = rule.Test is ArgumentTest.HasBit or ArgumentTest.HasNoBit ? FilterInstruction.JumpIfAnyBit : FilterInstruction.JumpIfEqual;
        for (var i = 0; i < rule.Values.Count; i++)
        {
            decision.Add(new FilterInstruction(code, (byte)(rule.Values.Count - i), 0, rule.Values[i]));
        }

        // A value that is found leaves out one instruction more than one that is not: the verdict, or the jump over it.
        if (rule.Test is ArgumentTest.NoneOf or ArgumentTest.HasNoBit)
        {
            decision.Add(new FilterInstruction(FilterInstruction.Jump, 0, 0, 1));
        }

        decision.Add(Return(rule.Otherwise));
        decision.AddRange(rule.And is { } and ? Decide(and) : [Return(Verdict.Allow)]);
        return decision;
    }

    private static FilterInstruction Return(Verdict verdict) => new(FilterInstruction.Return, 0, 0, (uint)verdict);

    // From its first number to that of the next one.
    private readonly record struct Range(uint First, Verdict Verdict, ArgumentRule? Rule);
}
