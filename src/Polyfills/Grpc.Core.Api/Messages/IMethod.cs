namespace Grpc.Core;

/// <summary>A method of a service, without its message types.</summary>
public interface IMethod
{
    /// <summary>Which side streams.</summary>
    MethodType Type { get; }

    /// <summary>The service with its proto package, such as <c>monitor.v1.EventService</c>.</summary>
    string ServiceName { get; }

    /// <summary>The method within the service.</summary>
    string Name { get; }

    /// <summary>The path of a request: <c>/service/method</c>.</summary>
    string FullName { get; }
}
