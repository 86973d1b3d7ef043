using Monitor.Sandbox.SystemCalls;

namespace Monitor.Sandbox.Tests;

/// <summary>Runs a filter over a system call as the kernel does (seccomp(2)); fails on what the kernel would refuse.</summary>
internal static class FilterMachine
{
    // BPF_MAXINSNS.
    private const int MaxInstructions = 4096;

    public static Verdict Run(FilterInstruction[] program, uint architecture, uint number, params ReadOnlySpan<ulong> arguments)
    {
        Assert.That(program, Has.Length.LessThanOrEqualTo(MaxInstructions));
        var data = new uint[16];
        data[0] = number;
        data[1] = architecture;
        for (var i = 0; i < arguments.Length; i++)
        {
            data[4 + (2 * i)] = (uint)arguments[i];
            data[5 + (2 * i)] = (uint)(arguments[i] >> 32);
        }

        var accumulator = 0u;
        for (var at = 0; ; at++)
        {
            var (code, ifTrue, ifFalse, value) = program[at];
            switch (code)
            {
                case FilterInstruction.Load:
                    accumulator = data[value / 4];
                    break;
                case FilterInstruction.Jump:
                    at += (int)value;
                    break;
                case FilterInstruction.JumpIfEqual:
                    at += accumulator == value ? ifTrue : ifFalse;
                    break;
                case FilterInstruction.JumpIfAtLeast:
                    at += accumulator >= value ? ifTrue : ifFalse;
                    break;
                case FilterInstruction.JumpIfAnyBit:
                    at += (accumulator & value) != 0 ? ifTrue : ifFalse;
                    break;
                case FilterInstruction.Return:
                    return (Verdict)value;
                default:
                    throw new AssertionException($"instruction {at} has code {code}");
            }
        }
    }
}
