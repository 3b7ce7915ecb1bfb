"""Orders, their lines, products and returns over GraphQL."""

from api.graph.field import Same, many, one, pages, value, write_each
from api.scopes import Scope
from api.views import view
from domain.orders import order as stored
from domain.orders import product, read
from domain.recording import catalogue, inputs, orders
from domain.refusal import Invalid

view.enum(
    stored.OrderStatus,
    PENDING="Not paid yet.",
    PAID="Paid in full.",
    FULFILLED="Delivered.",
    CANCELLED="Cancelled; counts nowhere unless asked for.",
    RETURNED="All of it came back.",
    PARTIALLY_RETURNED="Part of it came back.",
)


view.input(inputs.OrderRefInput, ids={"id": "Order"})
view.input(inputs.ProductInput)


@view(product.Product, "prd")
class Product:
    sku: Same
    name: Same
    category_path: Same
    customizable: Same
    tags: Same


@view(stored.OrderItem, "itm", by_id=read.item_of_id, requires=Scope.CUSTOMERS_READ)
class OrderItem:
    line: Same
    quantity: Same
    unit_price: Same
    net_amount: Same
    base_net: Same
    customization: Same
    returned_quantity = value(read.returned_quantity, proven=True)
    product = one(read.product_of, proven=True)


@view(stored.OrderReturn, "ret", by_id=read.return_of_id, requires=Scope.CUSTOMERS_READ)
class OrderReturn:
    external_id: Same
    line: Same
    quantity: Same
    currency: Same
    net_amount: Same
    base_net: Same
    returned_at: Same
    voided_at: Same


@view(stored.Order, "ord", by_id=read.order_of_id, requires=Scope.CUSTOMERS_READ)
class Order:
    version: Same
    system: Same
    external_id: Same
    placed_at: Same
    cancelled_at: Same
    status: Same
    currency: Same
    total: Same
    discount: Same
    net_total: Same
    base_net: Same
    channel: Same
    store: Same
    items = many(read.items_of)
    customer = one(read.customer_of, proven=True)


@view(stored.ExchangeRate, "rat", requires=Scope.CUSTOMERS_READ)
class ExchangeRate:
    currency: Same
    on_date: Same
    rate: Same
    recorded_at: Same


@view.query
class OrderQueries:
    orders = pages(read.orders, by=read.NEWEST, requires=Scope.CUSTOMERS_READ)
    order_returns = pages(read.order_returns, by=read.RETURNS_RECORDED, requires=Scope.CUSTOMERS_READ)
    products = pages(read.products, by=read.PRODUCTS, plain=("category_under",))
    exchange_rates = pages(read.exchange_rates, by=read.NEWEST_RATES, requires=Scope.CUSTOMERS_READ)


@view.mutation
class OrderMutations:
    orders_record = write_each(orders.orders_record, row="order", problems=(Invalid,), requires=Scope.ORDERS_WRITE)
    order_returns_record = write_each(
        orders.order_returns_record, row="order_return", problems=(Invalid,), requires=Scope.ORDERS_WRITE
    )
    products_save = write_each(catalogue.products_save, row="product", problems=(Invalid,), requires=Scope.ORDERS_WRITE)
    exchange_rates_set = write_each(
        catalogue.exchange_rates_set, row="exchange_rate", problems=(Invalid,), requires=Scope.ORDERS_WRITE
    )
