namespace Grpc.Core;

/// <summary>The version of the package that this assembly stands for.</summary>
public static class VersionInfo
{
    /// <summary>The assembly version, the same for all 2.x packages.</summary>
    public const string CurrentAssemblyVersion = "2.0.0.0";

    /// <summary>The file version.</summary>
    public const string CurrentAssemblyFileVersion = "2.85.0.0";

    /// <summary>The version of the package.</summary>
    public const string CurrentVersion = "2.85.0";
}
