namespace Monitor.Sandbox.SystemCalls;

/// <summary>Architectures for which there is a filter, by their numbers in linux/audit.h.</summary>
internal enum FilterArchitecture : uint
{
    /// <summary>AUDIT_ARCH_X86_64.</summary>
    X64 = 0xc000003e,

    /// <summary>AUDIT_ARCH_AARCH64.</summary>
    Arm64 = 0xc00000b7,
}
