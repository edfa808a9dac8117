{#
    The columns of this training set, in the order of its YAML: the contract says what is selected, so that a new feature
    needs a line in its own SQL and its description in the training set's YAML, and nothing here.

        select {{ contract_columns() }} from joined
#}
{% macro contract_columns() %}
    {%- for column in model.columns %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}
