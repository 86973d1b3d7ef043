using System.Runtime.InteropServices;

namespace Monitor.Sandbox.SystemCalls;

/// <summary>struct sock_filter of linux/filter.h.</summary>
/// <param name="Code">What it does.</param>
/// <param name="IfTrue">How many instructions a jump leaves out where its condition holds.</param>
/// <param name="IfFalse">And where it does not.</param>
/// <param name="Value">What it loads, compares with or returns; for <see cref="Jump"/> how many it leaves out.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FilterInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Value)
{
    public const ushort Load = 0x20, JumpIfEqual = 0x15, JumpIfAtLeast = 0x35, JumpIfAnyBit = 0x45, Jump = 0x05, Return = 0x06;
}
