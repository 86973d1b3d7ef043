namespace Grpc.Core;

/// <summary>
/// Carries the context of the call that a handler handles to the calls that it makes. Only the libraries of gRPC make
/// tokens; the ASP.NET Core server makes none and propagates through its client factory instead.
/// </summary>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken()
    {
    }
}
