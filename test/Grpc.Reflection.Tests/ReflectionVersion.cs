namespace Grpc.Reflection.Tests;

/// <summary>The versions of the protocol.</summary>
public enum ReflectionVersion
{
    V1Alpha,
    V1,
}
