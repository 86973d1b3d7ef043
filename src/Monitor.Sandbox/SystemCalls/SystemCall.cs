namespace Monitor.Sandbox.SystemCalls;

/// <summary>A system call.</summary>
/// <param name="Name">As in its manual page.</param>
/// <param name="X64">Its number on x86-64, or <see cref="None"/>.</param>
/// <param name="Arm64">Its number on arm64, or <see cref="None"/>.</param>
internal readonly record struct SystemCall(string Name, int X64, int Arm64)
{
    /// <summary>The architecture does not have it.</summary>
    public const int None = -1;

    public int Number(FilterArchitecture architecture) => architecture == FilterArchitecture.X64 ? X64 : Arm64;
}
