namespace Monitor.Sandbox.SystemCalls;

/// <summary>Allows a system call by the lower half of one of its arguments.</summary>
/// <param name="Argument">Which, from 0.</param>
/// <param name="Test">How it is compared.</param>
/// <param name="Values">With what.</param>
/// <param name="Otherwise">What becomes of the call where the test fails.</param>
/// <param name="And">What must hold besides.</param>
internal sealed record ArgumentRule(
    int Argument, ArgumentTest Test, IReadOnlyList<uint> Values, Verdict Otherwise = Verdict.Refuse, ArgumentRule? And = null);

/// <summary>How an argument is compared.</summary>
internal enum ArgumentTest
{
    /// <summary>It is one of the values.</summary>
    OneOf,

    /// <summary>It is none of them.</summary>
    NoneOf,

    /// <summary>It has a bit of the first one.</summary>
    HasBit,

    /// <summary>It has no bit of any.</summary>
    HasNoBit,
}
